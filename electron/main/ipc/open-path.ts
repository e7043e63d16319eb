import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Dropped } from '../../../shared/ipc/topics/app.ts';
import { DecantError } from '../../engine/index.ts';
import { readRecipe } from '../files/read-recipe.ts';
import type { MainContext } from './context.ts';
import { expectAnswer } from './expect-answer.ts';

/**
 * Opens what the user dropped, or opened from outside: a folder or .zip as a dataset, a .decant or .json file as a recipe.
 *
 * @throws DecantError in one sentence what can be opened
 */
export async function openPath(path: string, work: string, context: MainContext): Promise<Dropped> {
  const { host, weights, recent } = context;
  const kind = await stat(path).catch(() => {
    throw new DecantError('dataset.missing', `${path} does not exist or cannot be read; open another one.`, { path });
  });
  const extension = extname(path).toLowerCase();
  let opened: Dropped;
  if (kind.isDirectory() || extension === '.zip')
    opened = { kind: 'dataset', dataset: await expectAnswer(host.ask('datasets.add', { path, work })) };
  else if (extension === '.decant' || extension === '.json') {
    opened = { kind: 'recipe', ...(await readRecipe(path, context)) };
    weights.addOf(opened.recipe);
  } else
    throw new DecantError(
      'dataset.layout',
      `${path} is neither a dataset nor a recipe; drop a folder or a .zip with one folder of images for each class, or a .decant file.`,
      { path },
    );
  await recent.add(path);
  return opened;
}
