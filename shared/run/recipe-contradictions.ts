import { listExportFiles } from './export-files.ts';
import type { Recipe } from './recipe.ts';
import { countLineEpochs, listStagesOf, STAGES } from './stages.ts';

/** Something that is wrong with a recipe, in one sentence, and at which of its keys. */
export interface RecipeProblem {
  readonly keys: readonly string[];
  readonly message: string;
}

/** A way in which settings that are each allowed contradict each other. */
interface Contradiction {
  /** The settings concerned, with dots. */
  readonly keys: readonly string[];
  /** One sentence, or null where there is no contradiction. */
  readonly find: (recipe: Recipe) => string | null;
}

/** What decides how long the student trains. */
const STUDENT_EPOCHS = listStagesOf('student').flatMap((stage) => STAGES[stage].settings.map(([key]) => key));

const CONTRADICTIONS: readonly Contradiction[] = [
  {
    keys: ['export.precisions', 'export.formats'],
    find: ({ export: { formats, precisions } }) => {
      const files = listExportFiles({ formats, precisions });
      const without = precisions.filter((precision) => !files.some((file) => file.precision === precision));
      return formats.length > 0 && without.length > 0
        ? `"export.precisions" has ${without.join(' and ')}, which ${formats.join(' and ')} files do not have; add "tflite" to "export.formats", or leave it out.`
        : null;
    },
  },
  {
    keys: ['train.pruneEpochs', 'prune.macs', 'prune.parameters'],
    find: ({ prune, train }) =>
      prune.macs === null && prune.parameters === null && train.pruneEpochs > 0
        ? `"prune.macs" and "prune.parameters" are both null, which prunes nothing, but "train.pruneEpochs" is ${train.pruneEpochs}; set a budget, or "train.pruneEpochs" to 0.`
        : null,
  },
  {
    keys: STUDENT_EPOCHS,
    find: (recipe) =>
      hasBudget(recipe.prune) && countLineEpochs('student', recipe) === 0
        ? `The student is to be pruned but all of ${joinKeys(STUDENT_EPOCHS)} are 0, so that no step could score its channels; give it an epoch.`
        : null,
  },
  {
    keys: ['student.weights', 'train.warmUpEpochs'],
    find: (recipe) =>
      !hasBudget(recipe.prune) && countLineEpochs('student', recipe) === 0 && recipe.student.weights === null
        ? 'The student has no "student.weights" and no epochs, so that it would never learn; set "train.warmUpEpochs".'
        : null,
  },
  {
    keys: ['train.teacherEpochs', 'teacher.weights'],
    find: ({ teacher, train }) =>
      teacher.weights === null && teacher.onnx.file === null && train.teacherEpochs === 0
        ? '"train.teacherEpochs" is 0 and "teacher.weights" is null, so that the teacher would know nothing; set one of them.'
        : null,
  },
  {
    keys: ['teacher.onnx.file', 'teacher.weights'],
    find: ({ teacher }) =>
      teacher.onnx.file !== null && teacher.weights !== null
        ? 'Both "teacher.onnx.file" and "teacher.weights" name a teacher; set one of them to null.'
        : null,
  },
  {
    keys: ['train.teacherEpochs', 'teacher.onnx.file'],
    find: ({ teacher, train }) =>
      teacher.onnx.file !== null && train.teacherEpochs > 0
        ? `"train.teacherEpochs" is ${train.teacherEpochs}, but a teacher in an ONNX file is used as it is; set it to 0.`
        : null,
  },
  {
    keys: ['distill.pairs', 'teacher.onnx.file', 'distill.features', 'distill.attention'],
    find: ({ teacher, distill }) =>
      teacher.onnx.file !== null && distill.pairs === null && (distill.features > 0 || distill.attention > 0)
        ? 'Feature maps of a teacher in an ONNX file are not chosen by themselves; name them in "distill.pairs" as [its value, a node of the student], or set "distill.features" and "distill.attention" to 0.'
        : null,
  },
  {
    keys: ['distill.crossEntropy', 'distill.logits'],
    find: ({ distill }) =>
      distill.crossEntropy === 0 && distill.logits === 0
        ? 'Both "distill.crossEntropy" and "distill.logits" are 0, so that the classifier has nothing to learn from; set one of them.'
        : null,
  },
  {
    keys: ['distill.schedule', 'distill.crossEntropy', 'distill.logits'],
    find: ({ distill }) =>
      distill.schedule === 'linear-ramp' && (distill.crossEntropy === 0) !== (distill.logits === 0)
        ? `"distill.schedule" is "linear-ramp", from the labels alone to the teacher alone, but "distill.${distill.logits === 0 ? 'logits' : 'crossEntropy'}" is 0, so that the classifier would at times have nothing to learn from; set it, or the schedule to "constant".`
        : null,
  },
  {
    keys: ['distill.pairs', 'distill.features', 'distill.attention'],
    find: ({ distill }) =>
      distill.pairs !== null && distill.features === 0 && distill.attention === 0
        ? '"distill.pairs" names feature maps to compare, but "distill.features" and "distill.attention" are both 0; set one of them, or "distill.pairs" to null.'
        : null,
  },
  {
    keys: ['distill.pairs'],
    find: ({ distill }) =>
      distill.pairs?.length === 0
        ? '"distill.pairs" is an empty list; name pairs, or set it to null to have them chosen.'
        : null,
  },
  {
    keys: ['data.augmentation.padding', 'data.augmentation.crop'],
    find: ({ data }) =>
      data.augmentation.padding !== null && data.augmentation.crop !== 'pad'
        ? `"data.augmentation.padding" is ${data.augmentation.padding}, but "data.augmentation.crop" is "${data.augmentation.crop}", which does not pad; set "padding" to null, or "crop" to "pad".`
        : null,
  },
  {
    keys: ['data.augmentation.padding', 'data.inputSize'],
    find: ({ data }) =>
      (data.augmentation.padding ?? 0) >= data.inputSize
        ? `"data.augmentation.padding" is ${data.augmentation.padding}, as large as the image ("data.inputSize" ${data.inputSize}), so that crops could miss it; make it smaller.`
        : null,
  },
  {
    keys: ['data.limit'],
    find: ({ data }) =>
      data.limit !== null && data.limit < 4
        ? `"data.limit" is ${data.limit}, too few images to train on; raise it, or set it to null for all.`
        : null,
  },
];

/** What contradicts itself in a recipe. */
export function listContradictions(recipe: Recipe): RecipeProblem[] {
  return CONTRADICTIONS.flatMap(({ keys, find }) => {
    const message = find(recipe);
    return message === null ? [] : { keys, message };
  });
}

function hasBudget(prune: Recipe['prune']): boolean {
  return prune.macs !== null || prune.parameters !== null;
}

/** "a", "b" and "c". */
function joinKeys(keys: readonly string[]): string {
  const quoted = keys.map((key) => `"${key}"`);
  return [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].filter((part) => part !== '').join(' and ');
}
