import { explainClipNorm } from '../clip-norm.ts';
import { explainLearningRate } from '../learning-rate.ts';
import { METHOD_FAMILIES, METHOD_NAMES, METHODS, type MethodFamily, type MethodName } from '../methods.ts';
import type { Recipe } from '../recipe.ts';
import { listRecipeKeys } from '../recipe-guide.ts';
import type { RecipeNetwork } from '../roles.ts';
import { networkOf, STAGES, TRAINING_STAGES } from '../stages.ts';
import { listMethodsWithoutLabels } from '../without-labels.ts';
import { valueAt } from './recipe-values.ts';

/** A group of settings under one heading, in the order in which a run comes to them. Keys are the recipe's; their help is its own. */
export interface SettingGroup {
  readonly title: string;
  readonly settings: readonly (readonly [key: string, title: string])[];
}

export const SETTING_GROUPS: readonly SettingGroup[] = [
  {
    title: 'Images',
    settings: [
      ['data.inputSize', 'Input size (px)'],
      ['data.limit', 'Most training images'],
      ['data.validation', 'Share held out for choices'],
      ['data.test', 'Share held out for the final figures'],
      ['data.imbalance', 'Imbalance, for experiments'],
      ['data.labels', 'Labels of each class, for experiments'],
      ['data.unlabelled', 'Use unlabelled images'],
      ['data.augmentation.crop', 'Crop'],
      ['data.augmentation.padding', 'Padding of the crop (px)'],
      ['data.augmentation.minArea', 'Smallest area of a resized crop'],
      ['data.augmentation.flip', 'Mirror'],
      ['data.augmentation.colorJitter', 'Colour jitter'],
      ['data.augmentation.hue', 'Turned hues'],
      ['data.augmentation.jitterChance', 'Probability of jittered colours'],
      ['data.augmentation.grayscale', 'Probability of no colours'],
      ['data.augmentation.blur', 'Probability of a blur'],
      ['data.augmentation.erasing', 'Random erasing'],
      ['data.augmentation.mixup', 'Mixup'],
      ['data.augmentation.cutmix', 'CutMix'],
    ],
  },
  {
    title: 'Classes with few images',
    settings: [
      ['balance.labels', 'What labels make up for'],
      ['balance.tau', 'Strength of balanced softmax'],
      ['balance.answers', 'What the teacher’s answers make up for'],
      ['balance.beta', 'Beta of the effective number of images'],
      ['balance.sampling', 'Images of an epoch'],
      ['balance.from', 'Share of the epochs before it begins'],
      ['balance.teacher', 'For the teacher, too'],
    ],
  },
  {
    title: 'Teacher',
    settings: [
      ['teacher.architecture', 'Network of the teacher'],
      ['teacher.width', 'Width of the teacher'],
      ['teacher.stemStride', 'Stride of its first convolution'],
      ['teacher.firstStrides', 'Strides of its first blocks'],
      ...listStageSettings('teacher'),
      ['teacher.onnx.white', 'White, to an ONNX teacher'],
      ['teacher.onnx.mean', 'Mean of an ONNX teacher'],
      ['teacher.onnx.std', 'Deviation of an ONNX teacher'],
    ],
  },
  {
    title: 'Student',
    settings: [
      ['student.architecture', 'Network of the student'],
      ['student.width', 'Width of the student'],
      ['student.stemStride', 'Stride of its first convolution'],
      ['student.firstStrides', 'Strides of its first blocks'],
      ['student.head', 'Classifier of the student'],
      ['student.weights', 'Weights that the student begins with'],
      ...listStageSettings('student'),
    ],
  },
  {
    title: 'Before labels',
    settings: [
      ['pretrain.student', 'What the student learns without labels'],
      ['pretrain.batch', 'Batch without labels (images)'],
      ['pretrain.chunk', 'Images at a time'],
      ['pretrain.learningRate', 'Learning rate without labels'],
      ['pretrain.augmentation.crop', 'Crop'],
      ['pretrain.augmentation.minArea', 'Smallest area of a resized crop'],
      ['pretrain.augmentation.flip', 'Mirror'],
      ['pretrain.augmentation.colorJitter', 'Colour jitter'],
      ['pretrain.augmentation.hue', 'Turned hues'],
      ['pretrain.augmentation.jitterChance', 'Probability of jittered colours'],
      ['pretrain.augmentation.grayscale', 'Probability of no colours'],
      ['pretrain.augmentation.blur', 'Probability of a blur'],
      ['pretrain.augmentation.mixup', 'Mixup'],
    ],
  },
  {
    title: 'Pruning',
    settings: [
      ['prune.macs', 'Share of MACs that may remain'],
      ['prune.parameters', 'Share of parameters that may remain'],
      ['prune.latencyMs', 'Most milliseconds per image'],
      ['prune.latencyTable', 'Table of latencies'],
      ['prune.importance', 'How channels are scored'],
      ['prune.selection', 'Which channels compete'],
      ['prune.steps', 'Number of cuts'],
      ['prune.multiple', 'Widths are multiples of'],
      ['prune.floor', 'Smallest share of a layer'],
      ['prune.costExponent', 'Weight of a channel’s cost'],
      ['prune.protect', 'Layers left whole'],
    ],
  },
  {
    title: 'Search',
    settings: [
      ['search.policy', 'How networks are proposed'],
      ['search.population', 'Networks in a round'],
      ['search.rounds', 'Rounds'],
      ['search.networks', 'Random networks in a step'],
    ],
  },
  ...groupMethods(),
  {
    title: 'Distillation',
    settings: [
      ['distill.perImage.weight', 'Weight of each image'],
      ['distill.perImage.trust', 'When the teacher is trusted'],
      ['distill.levels', 'Levels that are paired'],
      ['distill.pairs', 'Pairs of feature taps'],
      ['distill.views', 'Views of each image (epochs)'],
    ],
  },
  {
    title: 'Training',
    settings: [
      ['seed', 'Seed'],
      ['train.batch', 'Batch (images)'],
      ['train.labelSmoothing', 'Label smoothing'],
      ['train.patience', 'Patience (epochs)'],
      ['train.optimizer.name', 'Optimizer'],
      ['train.optimizer.learningRate', 'Learning rate'],
      ['train.optimizer.momentum', 'Momentum'],
      ['train.optimizer.weightDecay', 'Weight decay'],
      ['train.optimizer.warmUp', 'Share of warm-up'],
      ['train.optimizer.clipNorm', 'Clip gradients at'],
      ['train.optimizer.ema', 'Moving average of the weights'],
      ['train.precision', 'Precision'],
    ],
  },
  {
    title: 'Measuring and exports',
    settings: [
      ['goal.retention', 'Share of the teacher’s accuracy to keep'],
      ['goal.stopCutting', 'Stop cutting where it would cost the goal'],
      ['measure.latencyRuns', 'Timed inferences'],
      ['measure.latencyThreads', 'Threads while timing'],
      ['measure.ckaImages', 'Images for CKA'],
      ['export.formats', 'Formats'],
      ['export.precisions', 'Precisions'],
      ['export.quantizationAware.epochs', 'Epochs of learning to do with integers'],
      ['export.quantizationAware.threshold', 'What integers may cost without'],
    ],
  },
];

/** The settings of all stages that train one of the recipe's networks. */
function listStageSettings(network: RecipeNetwork): (readonly [key: string, title: string])[] {
  const stages = TRAINING_STAGES.filter((stage) => networkOf(STAGES[stage].line) === network);
  return stages.flatMap((stage): readonly (readonly [key: string, title: string])[] => STAGES[stage].settings);
}

/** The settings of each family of methods, in the order of their table: "Labels: weight". */
function groupMethods(): SettingGroup[] {
  const families = Object.keys(METHOD_FAMILIES) as MethodFamily[]; // The table's own keys.
  return families.map((family) => ({
    title: METHOD_FAMILIES[family],
    settings: METHOD_NAMES.filter((name) => METHODS[name].family === family).flatMap(listMethodSettings),
  }));
}

function listMethodSettings(name: MethodName): (readonly [key: string, title: string])[] {
  return listRecipeKeys()
    .filter(({ key }) => key.startsWith(`distill.${name}.`))
    .map(({ key, title }) => [key, `${METHODS[name].title}: ${title ?? key.slice(`distill.${name}.`.length)}`]);
}

/** What Decant chooses where a setting is null, if that can be told; null otherwise. */
export function describeChoice(key: string, recipe: Recipe): string | null {
  const { learningRate, clipNorm } = recipe.train.optimizer;
  if (key === 'train.optimizer.learningRate' && learningRate === null) return explainLearningRate(recipe);
  if (key === 'train.optimizer.clipNorm' && clipNorm === null) return explainClipNorm(recipe);
  return null;
}

/** Keys that are chosen elsewhere on the page. */
export const ELSEWHERE: readonly string[] = ['teacher.weights', 'teacher.onnx.file'];

const TITLES = new Map<string, string>([
  ['teacher.weights', 'Weights that the teacher begins with'],
  ['teacher.onnx.file', 'ONNX file of the teacher'],
  ...SETTING_GROUPS.flatMap(({ settings }) => settings),
]);

/** What people call a setting. */
export function titleSetting(key: string): string {
  return TITLES.get(key) ?? key;
}

/** Title of every key; a key that is newer than this table goes by its own name, in the last group. */
export function groupSettings(keys: readonly string[]): SettingGroup[] {
  const known = new Set([...ELSEWHERE, ...SETTING_GROUPS.flatMap(({ settings }) => settings.map(([key]) => key))]);
  const rest = keys.filter((key) => !known.has(key)).map((key) => [key, key] as const);
  const groups = SETTING_GROUPS.map(({ title, settings }) => ({
    title,
    settings: settings.filter(([key]) => keys.includes(key)),
  }));
  return rest.length > 0 ? [...groups, { title: 'Others', settings: rest }] : groups;
}

/** Keys that mean nothing unless other settings have certain values. */
const NEEDED: Readonly<Record<string, (recipe: object) => boolean>> = {
  'balance.tau': (recipe) => valueAt(recipe, 'balance.labels') === 'balanced-softmax',
  'balance.beta': (recipe) =>
    valueAt(recipe, 'balance.labels') === 'class-weights' || valueAt(recipe, 'balance.answers') !== 'none',
  'balance.from': balancesAnything,
  'balance.teacher': balancesAnything,
  'pretrain.student': (recipe) => epochsWithoutLabels(recipe).studentEpochs > 0,
  'search.policy': searches,
  'search.population': searches,
  'search.rounds': searches,
  'search.networks': searches,
  'train.pruneEpochs': (recipe) => !searches(recipe),
  'prune.selection': (recipe) => !searches(recipe),
  'prune.steps': (recipe) => !searches(recipe),
  'prune.costExponent': (recipe) => !searches(recipe),
  'pretrain.augmentation.mixup': (recipe) =>
    epochsWithoutLabels(recipe).studentEpochs > 0 && valueAt(recipe, 'pretrain.student') !== 'views',
};

function epochsWithoutLabels(recipe: object): Recipe['pretrain'] {
  return valueAt(recipe, 'pretrain') as Recipe['pretrain']; // A draft has every section of a recipe.
}

/** Methods by which something is learned without labels, whatever their weights beside labels are. */
function listWithoutLabels(recipe: object): readonly MethodName[] {
  return listMethodsWithoutLabels({ pretrain: epochsWithoutLabels(recipe) });
}

function isPretrained(recipe: object): boolean {
  const { teacherEpochs, studentEpochs } = epochsWithoutLabels(recipe);
  return teacherEpochs + studentEpochs > 0;
}

function searches(recipe: object): boolean {
  return (valueAt(recipe, 'search') as Recipe['search']).epochs > 0; // A draft has every section of a recipe.
}

function balancesAnything(recipe: object): boolean {
  const { labels, answers, sampling } = valueAt(recipe, 'balance') as Recipe['balance']; // A draft has every section of a recipe.
  return labels !== 'none' || answers !== 'none' || sampling !== 'natural';
}

/**
 * Whether another setting makes a key mean nothing: settings of a method of weight 0, factors of a schedule that is constant,
 * how much a correction counts that is off.
 */
export function isIdle(key: string, recipe: object): boolean {
  if (NEEDED[key] && !NEEDED[key](recipe)) return true;
  if (key.startsWith('pretrain.') && !/Epochs$/.test(key)) return !isPretrained(recipe);
  const method = METHOD_NAMES.find((name) => key.startsWith(`distill.${name}.`));
  if (method && listWithoutLabels(recipe).includes(method)) return false;
  if (method && key !== `distill.${method}.weight` && valueAt(recipe, `distill.${method}.weight`) === 0) return true;
  const schedule = /^(.*\.schedule)\.(?!shape$)[^.]+$/.exec(key)?.[1];
  return schedule !== undefined && valueAt(recipe, `${schedule}.shape`) === 'constant';
}
