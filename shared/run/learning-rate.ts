import { CHOSEN_RATES, type Recipe } from './recipe.ts';
import { RECIPE_NETWORKS, type RecipeNetwork } from './roles.ts';
import { countLineEpochs } from './stages.ts';

/**
 * The peak learning rate of a recipe's network, for a batch of 128: the recipe's, or by itself one for random weights and a
 * gentler one for weights that are trained already, which large steps would destroy; both depend on the optimizer.
 */
export function resolveLearningRate(recipe: Recipe, network: RecipeNetwork): number {
  const { learningRate, name } = recipe.train.optimizer;
  if (learningRate !== null) return learningRate;
  return CHOSEN_RATES[name][beginsTrained(recipe, network) ? 'imported' : 'scratch'];
}

/** Whether a network has learned something before it is trained: elsewhere, or without labels. */
export function beginsTrained({ pretrain, ...recipe }: Recipe, network: RecipeNetwork): boolean {
  const epochs = { teacher: pretrain.teacherEpochs, student: pretrain.studentEpochs };
  return recipe[network].weights !== null || epochs[network] > 0;
}

/** The same of all networks that a run trains, for people: "0.02, since the weights are imported". */
export function explainLearningRate(recipe: Recipe): string {
  const { learningRate, name } = recipe.train.optimizer;
  if (learningRate !== null) return String(learningRate);
  const chosen = CHOSEN_RATES[name];
  const trained = RECIPE_NETWORKS.filter((network) => isTrained(recipe, network));
  const imported = trained.filter((network) => beginsTrained(recipe, network));
  const withoutLabels = imported.some((network) => recipe[network].weights === null);
  const scratch = trained.filter((network) => !imported.includes(network));
  if (imported.length === 0) return `${chosen.scratch}, to train from scratch`;
  if (withoutLabels) {
    const others = scratch.length === 0 ? '' : `, and ${chosen.scratch} for the ${scratch[0]}`;
    return `${chosen.imported} for what has learned without labels${others}`;
  }
  if (scratch.length === 0) return `${chosen.imported}, since the weights are imported`;
  return `${chosen.imported} for the ${imported[0]}, whose weights are imported, and ${chosen.scratch} for the ${scratch[0]}`;
}

function isTrained(recipe: Recipe, network: RecipeNetwork): boolean {
  const inFile = network === 'teacher' && recipe.teacher.onnx.file !== null;
  return !inFile && countLineEpochs(network, recipe) > 0;
}
