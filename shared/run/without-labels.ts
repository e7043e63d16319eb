import { METHOD_NAMES, type MethodName, type MethodSettings } from './methods.ts';
import { CHOSEN_RATES, type Recipe } from './recipe.ts';
import { LINES, type Line } from './stages.ts';

/** What a network learns by while it learns without labels. */
const METHODS_WITHOUT_LABELS = {
  embeddings: 'queue',
  answers: 'unlabelled',
  views: 'simclr',
} as const satisfies Record<Recipe['pretrain']['student'], MethodName>;

/** What a line without labels learns: the teacher begins by itself. */
export function learnsWithoutLabels(recipe: Pick<Recipe, 'pretrain'>, line: Line): Recipe['pretrain']['student'] {
  return LINES[line].role === 'teacher' ? 'views' : recipe.pretrain.student;
}

/** Whether a run learns from images of which no label is known, or taken away. */
export function usesUnlabelled({ data, pretrain, distill }: Pick<Recipe, 'data' | 'pretrain' | 'distill'>): boolean {
  const uses = pretrain.teacherEpochs > 0 || pretrain.studentEpochs > 0 || distill.unlabelled.weight > 0;
  return data.unlabelled && uses;
}

/** The methods by which a recipe has networks learn without labels. */
export function listMethodsWithoutLabels(recipe: Pick<Recipe, 'pretrain'>): MethodName[] {
  const { teacherEpochs, studentEpochs, student } = recipe.pretrain;
  const lessons = new Set([
    ...(teacherEpochs > 0 ? (['views'] as const) : []),
    ...(studentEpochs > 0 ? [student] : []),
  ]);
  return [...lessons].map((lesson) => METHODS_WITHOUT_LABELS[lesson]);
}

/** The recipe as a line is trained by it: one without labels has its own images a step, augmentations, rate and method. */
export function recipeForTraining(recipe: Recipe, line: Line): Recipe {
  if (LINES[line].labelled) return recipe;
  const { pretrain, distill, data, train } = recipe;
  const lesson = learnsWithoutLabels(recipe, line);
  // One image mixed into two views, or into a view that comes again, would be another one each time.
  const mixup = lesson === 'views' || distill.views !== null ? 0 : pretrain.augmentation.mixup;
  const augmentation = { ...data.augmentation, ...pretrain.augmentation, mixup, cutmix: 0, erasing: 0, padding: null };
  const views = lesson === 'views' ? null : distill.views;
  const learningRate = pretrain.learningRate ?? CHOSEN_RATES[train.optimizer.name].unlabelled;
  return {
    ...recipe,
    data: { ...data, augmentation },
    train: { ...train, batch: pretrain.batch, patience: null, optimizer: { ...train.optimizer, learningRate } },
    distill: {
      ...distill,
      ...learnBy(distill, METHODS_WITHOUT_LABELS[lesson]),
      views,
      perImage: { weight: 'none', trust: 'always' },
    },
  };
}

/** Settings under which a network learns by one method alone. */
function learnBy(settings: MethodSettings, method: MethodName): MethodSettings {
  const others = METHOD_NAMES.map((name) => [name, { ...settings[name], weight: 0 }]);
  const { weight, schedule } = settings[method];
  return {
    ...(Object.fromEntries(others) as MethodSettings), // The same keys.
    [method]: {
      ...settings[method],
      weight: weight > 0 ? weight : 1,
      schedule: { ...schedule, shape: 'constant' },
    },
  };
}
