import { CHOSEN_RATES, type Recipe } from './recipe.ts';
import { RECIPE_NETWORKS, type RecipeNetwork } from './roles.ts';
import { countLineEpochs } from './stages.ts';

/**
 * The peak learning rate of a recipe's network, for a batch of 128: the recipe's, or by itself one for random weights and a
 * gentler one for imported weights, which large steps would destroy.
 */
export function resolveLearningRate(recipe: Recipe, network: RecipeNetwork): number {
  const { learningRate } = recipe.train.optimizer;
  if (learningRate !== null) return learningRate;
  return recipe[network].weights === null ? CHOSEN_RATES.scratch : CHOSEN_RATES.imported;
}

/** The same of all networks that a run trains, for people: "0.02, since the weights are imported". */
export function explainLearningRate(recipe: Recipe): string {
  const { learningRate } = recipe.train.optimizer;
  if (learningRate !== null) return String(learningRate);
  const trained = RECIPE_NETWORKS.filter((network) => isTrained(recipe, network));
  const imported = trained.filter((network) => recipe[network].weights !== null);
  const scratch = trained.filter((network) => !imported.includes(network));
  if (imported.length === 0) return `${CHOSEN_RATES.scratch}, to train from scratch`;
  if (scratch.length === 0) return `${CHOSEN_RATES.imported}, since the weights are imported`;
  return `${CHOSEN_RATES.imported} for the ${imported[0]}, whose weights are imported, and ${CHOSEN_RATES.scratch} for the ${scratch[0]}`;
}

function isTrained(recipe: Recipe, network: RecipeNetwork): boolean {
  const inFile = network === 'teacher' && recipe.teacher.onnx.file !== null;
  return !inFile && countLineEpochs(network, recipe) > 0;
}
