import { extname } from 'node:path';
import { writeStored } from '../../../shared/stored/form.ts';
import { RECIPE_FORM } from '../../../shared/stored/recipe-form.ts';
import { writeFileAtomically } from '../../engine/index.ts';
import { makeFileName } from '../files/make-file-name.ts';
import { readRecipe } from '../files/read-recipe.ts';
import type { Handlers, Topic } from './context.ts';

export const recipeHandlers: Handlers<Topic<'recipes'>> = {
  async 'recipes.pickWeights'(_, { desktop, weights }) {
    const path = await desktop.pick({
      title: 'Choose a weights file',
      kind: 'file',
      filters: [{ name: 'Weights', extensions: ['safetensors', 'onnx'] }],
    });
    if (path === null) return null;
    weights.add(path);
    return { path };
  },
  async 'recipes.open'(_, { desktop, home, weights, recent }) {
    const path = await desktop.pick({
      title: 'Open a recipe',
      kind: 'file',
      filters: [{ name: 'Recipes', extensions: ['decant', 'json'] }],
    });
    if (path === null) return null;
    const opened = await readRecipe(path, { desktop, home });
    weights.addOf(opened.recipe);
    await recent.add(path);
    return opened;
  },
  async 'recipes.save'({ name, recipe }, { desktop, recent }) {
    const path = await desktop.pickTarget({
      title: 'Save the recipe',
      defaultName: makeFileName(name, '.decant'),
      filters: [{ name: 'Recipe', extensions: ['decant'] }],
    });
    if (path === null) return { saved: false };
    const target = extname(path) === '' ? `${path}.decant` : path;
    await writeFileAtomically(target, `${JSON.stringify(writeStored(RECIPE_FORM, recipe), null, 2)}\n`);
    await recent.add(target);
    return { saved: true };
  },
};
