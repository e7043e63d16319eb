import { word } from '../../text/language.ts';
import { ARCHITECTURE_NAMES, nameArchitecture } from '../architectures.ts';
import { EXPORT_FILES } from '../export-files.ts';
import { METHOD_NAMES, METHODS } from '../methods.ts';
import type { RecipeKey } from '../recipe-guide.ts';
import { formatList } from './recipe-values.ts';
import { titleSetting } from './setting-titles.ts';

/** Words for what a setting may be, so that nobody has to read the recipe's own names. */

const ARCHITECTURES = Object.fromEntries(ARCHITECTURE_NAMES.map((name) => [name, nameArchitecture(name)]));
const STRIDES = { 1: '1: keeps the size', 2: '2: halves the size' };
const NOTHING = 'Nothing';
const CROPS = { none: 'None', pad: 'Pad and crop back', resized: 'Random part, resized' };

/** The options of each choice; those of a schedule's shape are alike for all methods. */
const OPTION_WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'data.augmentation.crop': CROPS,
  'balance.labels': { none: NOTHING, 'balanced-softmax': 'Balanced softmax', 'class-weights': 'Class weights' },
  'balance.answers': {
    none: NOTHING,
    images: 'Weights of the images',
    teacher: 'Weights of the teacher’s probabilities',
  },
  'balance.sampling': { natural: 'Each image once', balanced: 'As many of each class' },
  'teacher.architecture': ARCHITECTURES,
  'teacher.stemStride': STRIDES,
  'teacher.onnx.white': { 1: word('0 to 1'), 255: word('0 to 255') },
  'student.architecture': ARCHITECTURES,
  'student.stemStride': STRIDES,
  'student.head': { own: 'Its own', teacher: 'The teacher’s' },
  'train.optimizer.name': { sgd: 'SGD', adamw: 'AdamW' },
  'train.precision': { f32: 'Single', mixed: 'Mixed', auto: 'Mixed where possible' },
  'pretrain.student': {
    embeddings: 'How alike images are to the teacher',
    answers: 'The teacher’s answers',
    views: 'Which views are of one image',
  },
  'pretrain.augmentation.crop': CROPS,
  'prune.importance': {
    l1: 'L1 norm of the weights',
    l2: 'L2 norm of the weights',
    'batch-norm-scale': 'Scale of batch norm',
    taylor: 'Taylor: effect on the loss',
    sensitivity: 'Sensitivity: measured loss',
    fpgm: 'FPGM: distance from the median',
    random: 'Random',
  },
  'prune.selection': { uniform: 'Uniform', global: 'Global', isomorphic: 'Isomorphic' },
  'search.policy': { evolution: 'Evolution', random: 'Random' },
  'distill.ctkd.scope': { all: 'All images', image: 'Each image' },
  'distill.features.scale': { relative: 'Relative', absolute: 'Absolute' },
  'distill.unlabelled.divergence': { kl: 'Kullback-Leibler', js: 'Jensen-Shannon' },
  'distill.perImage.weight': { none: 'The same for all', 'relative-loss': 'Relative loss' },
  'distill.perImage.trust': { always: 'Always', correct: 'Where it is right' },
  'export.formats': Object.fromEntries(Object.entries(EXPORT_FILES).map(([name, { title }]) => [name, title])),
  'export.precisions': { fp32: 'fp32', fp16: 'fp16', int8: 'int8', 'int8-only': 'int8, input and output too' },
};
const SHAPE_WORDS: Readonly<Record<string, string>> = {
  constant: 'Constant',
  linear: 'Linear',
  cosine: 'Cosine',
  step: 'Step',
};

/** What it means that a setting has no value. */
const NULL_WORDS: Readonly<Record<string, string>> = {
  'data.limit': word('all'),
  'data.labels': word('all'),
  'data.augmentation.padding': 'an eighth of the input size',
  'teacher.stemStride': '1 up to 64 px, else 2',
  'teacher.weights': 'from scratch',
  'teacher.onnx.file': word('none'),
  'student.stemStride': '1 up to 64 px, else 2',
  'student.weights': 'from scratch',
  'train.patience': word('never'),
  'train.optimizer.learningRate': 'chosen by Decant',
  'train.optimizer.clipNorm': 'chosen by Decant',
  'pretrain.chunk': 'the whole batch',
  'pretrain.learningRate': 'chosen by Decant',
  'prune.macs': 'no limit',
  'prune.parameters': 'no limit',
  'prune.latencyMs': 'no limit',
  'prune.latencyTable': word('none'),
  'prune.costExponent': '1 for Taylor, else 0',
  'distill.queue.size': 'by the number of images',
  'distill.pairs': 'one pair per level',
  'distill.views': word('never'),
};

/** The word for a setting that is null. */
export function describeNull(key: string): string {
  return NULL_WORDS[key] ?? 'automatic';
}

/** The words for an option of a choice; one that has none goes by its own name. */
export function describeOption(key: string, option: string): string {
  const words = key.endsWith('.schedule.shape') ? SHAPE_WORDS : OPTION_WORDS[key];
  return words?.[option] ?? nameOption(option);
}

/** `batch-norm-scale` → "Batch norm scale". */
function nameOption(option: string): string {
  const words = option.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A setting's value in words: "no limit", "SGD", "on". */
export function describeSetting({ key, shape }: Pick<RecipeKey, 'key' | 'shape'>, value: unknown): string {
  if (value === null || value === undefined) return describeNull(key);
  if (typeof value === 'boolean') return value ? word('on') : word('off');
  if (shape.kind === 'choice') return describeOption(key, String(value));
  if (!Array.isArray(value)) return String(value);
  if (value.length === 0) return word('none');
  return shape.kind === 'choices'
    ? value.map((option) => describeOption(key, String(option))).join(', ')
    : formatList(value);
}

/** What null means at the end of a setting's meaning, where it says no more than the word for it. */
const SHORT_NULL = /[;；] ?null[:：] ?[^;.；。]{1,50}([.。])$/;

/** What a setting means, with the words of its form in place of the recipe's names. */
export function explainSetting({ key, meaning, shape }: Pick<RecipeKey, 'key' | 'meaning' | 'shape'>): string {
  return meaning
    .replace(SHORT_NULL, '$1')
    .replace(/ is null\b| ?为 null ?/g, ' is empty')
    .replace(/`([^`]+)`/g, (_, name: string) => nameWithin(key, shape.options, name))
    .replace(/\b[Nn]ull([:：])/g, `“${describeNull(key)}”$1`);
}

/** What the form calls something that a setting's meaning names: an option, another setting, or a method. */
function nameWithin(key: string, options: readonly string[], name: string): string {
  if (options.includes(name)) return `“${describeOption(key, name)}”`;
  const sibling = key.replace(/[^.]+$/, name);
  for (const other of [name, sibling]) {
    const title = titleSetting(other);
    if (title !== other) return `“${title}”`;
  }
  const method = METHOD_NAMES.find((each) => name === `distill.${each}`);
  return method ? METHODS[method].title : name;
}
