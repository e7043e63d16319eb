import { word } from '../text/language.ts';
import { listExportFiles } from './export-files.ts';
import {
  learnsFromTeacher,
  listActiveMethods,
  listMapMethods,
  METHOD_NAMES,
  METHODS,
  type MethodEntry,
  type MethodName,
  needsTeacher,
} from './methods.ts';
import type { Recipe } from './recipe.ts';
import { scheduleFactor } from './schedules.ts';
import { countLineEpochs, listStagesOf, STAGES } from './stages.ts';

/** What is wrong with a recipe, in one sentence, and the keys concerned. */
export interface RecipeProblem {
  readonly keys: readonly string[];
  readonly message: string;
}

/** A way in which settings that are valid on their own contradict each other. */
interface Contradiction {
  /** Keys of the settings concerned, with dots. */
  readonly keys: readonly string[];
  /** Returns one sentence, or null if there is no contradiction. */
  readonly find: (recipe: Recipe) => string | null;
}

/** Keys of the settings that decide how long the student trains. */
const STUDENT_EPOCHS = listStagesOf('student').flatMap((stage) => STAGES[stage].settings.map(([key]) => key));
/** Those that train the classifier by default: the ones to name where nothing does. */
const CLASSIFIER_METHODS = METHOD_NAMES.filter((name) => METHODS[name].trainsClassifier && METHODS[name].weight > 0);
const MAP_METHODS = METHOD_NAMES.filter((name) => (METHODS[name] as MethodEntry).needs.includes('maps'));

function weightKeys(matches: (entry: MethodEntry) => boolean): string[] {
  return METHOD_NAMES.filter((name) => matches(METHODS[name])).map((name) => `distill.${name}.weight`);
}

function shapeKey(weightKey: string): string {
  return weightKey.replace(/weight$/, 'schedule.shape');
}

function joinWeights(names: readonly MethodName[]): string {
  return names.map((name) => `"distill.${name}.weight"`).join(word(' and '));
}

const CONTRADICTIONS: readonly Contradiction[] = [
  {
    keys: ['export.precisions', 'export.formats'],
    find: ({ export: { formats, precisions } }) => {
      const files = listExportFiles({ formats, precisions });
      const without = precisions.filter((precision) => !files.some((file) => file.precision === precision));
      return formats.length > 0 && without.length > 0
        ? `"export.precisions" contains ${without.join(word(' and '))}, which ${formats.join(word(' and '))} files do not support; add "tflite" to "export.formats" or remove the precision.`
        : null;
    },
  },
  {
    keys: ['train.pruneEpochs', 'prune.macs', 'prune.parameters', 'prune.latencyMs'],
    find: ({ prune, train }) =>
      !hasBudget(prune) && train.pruneEpochs > 0
        ? `"prune.macs", "prune.parameters" and "prune.latencyMs" are all null, so nothing is pruned, but "train.pruneEpochs" is ${train.pruneEpochs}; set one of the limits, or set "train.pruneEpochs" to 0.`
        : null,
  },
  {
    keys: ['search.epochs', 'prune.macs', 'prune.parameters', 'prune.latencyMs'],
    find: ({ prune, search }) =>
      !hasBudget(prune) && search.epochs > 0
        ? `"search.epochs" is ${search.epochs}, but "prune.macs", "prune.parameters" and "prune.latencyMs" are all null, so the student itself would be the best network; set one of the limits, or set "search.epochs" to 0.`
        : null,
  },
  {
    keys: ['search.epochs', 'goal.stopCutting'],
    find: ({ goal, search }) =>
      goal.stopCutting && search.epochs > 0
        ? `"goal.stopCutting" is true, but a search ("search.epochs" ${search.epochs}) makes no cuts step by step that could be left out; set it to false, or "search.epochs" to 0.`
        : null,
  },
  {
    keys: ['prune.latencyMs', 'prune.latencyTable'],
    find: ({ prune }) =>
      prune.latencyMs !== null && prune.latencyTable === null
        ? `"prune.latencyMs" is ${prune.latencyMs}, but "prune.latencyTable" names no table that predicts milliseconds; set it, or set "prune.latencyMs" to null.`
        : null,
  },
  {
    keys: STUDENT_EPOCHS,
    find: (recipe) =>
      hasBudget(recipe.prune) && countLineEpochs('student', recipe) === 0
        ? `The student is to be pruned, but ${joinKeys(STUDENT_EPOCHS)} are all 0, so its channels cannot be scored; set one of them to at least 1.`
        : null,
  },
  {
    keys: ['train.alone', 'train.baseline'],
    find: ({ train }) =>
      train.alone && !train.baseline
        ? '"train.alone" is true, but "train.baseline" is false, so there is no full student with a teacher to compare the one without with; set "train.baseline" to true, or "train.alone" to false.'
        : null,
  },
  {
    keys: ['train.alone', ...STUDENT_EPOCHS],
    find: (recipe) =>
      recipe.train.alone && countLineEpochs('student', recipe) === 0
        ? `"train.alone" is true, but ${joinKeys(STUDENT_EPOCHS)} are all 0, so the student is not trained; set one of them to at least 1, or "train.alone" to false.`
        : null,
  },
  {
    keys: ['train.alone', ...weightKeys(needsTeacher)],
    find: ({ train, distill }) =>
      train.alone && !learnsFromTeacher(distill)
        ? '"train.alone" is true, but the student learns nothing from its teacher, so there is nothing to compare; set the weight of one such method above 0, or "train.alone" to false.'
        : null,
  },
  {
    keys: ['student.weights', 'train.warmUpEpochs'],
    find: (recipe) =>
      !hasBudget(recipe.prune) && countLineEpochs('student', recipe) === 0 && recipe.student.weights === null
        ? 'The student has no "student.weights" and no epochs, so it would never learn; set "train.warmUpEpochs" to at least 1.'
        : null,
  },
  {
    keys: ['train.teacherEpochs', 'teacher.weights'],
    find: ({ teacher, train }) =>
      teacher.weights === null && teacher.onnx.file === null && train.teacherEpochs === 0
        ? '"train.teacherEpochs" is 0 and "teacher.weights" is null, so the teacher would know nothing; set one of them.'
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
        ? `"train.teacherEpochs" is ${train.teacherEpochs}, but a teacher in an ONNX file cannot be trained; set it to 0.`
        : null,
  },
  {
    keys: ['student.head', 'distill.simkd.weight'],
    find: ({ student, distill: { simkd } }) =>
      student.head === 'teacher' && simkd.weight === 0
        ? '"student.head" is "teacher", but "distill.simkd.weight" is 0, so the student does not learn what the teacher’s classifier looks at; set the weight to 1, or "student.head" to "own".'
        : null,
  },
  {
    keys: ['distill.simkd.weight', 'student.head'],
    find: ({ student, distill: { simkd } }) =>
      student.head === 'own' && simkd.weight > 0
        ? `"distill.simkd.weight" is ${simkd.weight}, but "student.head" is "own", so the student has no map that the teacher’s classifier could take; set "student.head" to "teacher", or the weight to 0.`
        : null,
  },
  {
    keys: ['student.head', 'teacher.onnx.file'],
    find: ({ student, teacher }) =>
      student.head === 'teacher' && teacher.onnx.file !== null
        ? '"student.head" is "teacher", but the teacher is an ONNX file, whose classifier Decant cannot take out; set "student.head" to "own", or "teacher.onnx.file" to null.'
        : null,
  },
  {
    keys: ['distill.pairs', 'teacher.onnx.file', ...weightKeys(({ needs }) => needs.includes('maps'))],
    find: ({ teacher, distill }) => {
      const methods = listMapMethods(distill);
      return teacher.onnx.file !== null && distill.pairs === null && methods.length > 0
        ? `Feature maps of a teacher in an ONNX file cannot be paired automatically; list them in "distill.pairs" as [teacher value, student node], or set ${joinWeights(methods)} to 0.`
        : null;
    },
  },
  {
    keys: CLASSIFIER_METHODS.map((name) => `distill.${name}.weight`),
    find: ({ distill }) =>
      listActiveMethods(distill).some((name) => METHODS[name].trainsClassifier)
        ? null
        : `${joinWeights(CLASSIFIER_METHODS)} are all 0, so the classifier has nothing to learn from; set one of them above 0.`,
  },
  {
    keys: weightKeys(({ trainsClassifier }) => trainsClassifier).flatMap((key) => [key, shapeKey(key)]),
    find: (recipe) => {
      const { distill } = recipe;
      const active = listActiveMethods(distill).filter((name) => METHODS[name].trainsClassifier);
      const epochs = countLineEpochs('student', recipe);
      const idle = Array.from({ length: epochs }, (_, epoch) => epoch).find((epoch) =>
        active.every((name) => scheduleFactor(distill[name].schedule, epoch, epochs) === 0),
      );
      return active.length > 0 && idle !== undefined
        ? `In epoch ${idle + 1} of ${epochs} the schedules leave ${joinWeights(active)} at 0, so the classifier has nothing to learn from; set ${joinWeights(CLASSIFIER_METHODS.filter((name) => !active.includes(name))) || 'their "schedule.until"'}, or ${active.map((name) => `"distill.${name}.schedule.shape"`).join(word(' and '))} to "constant".`
        : null;
    },
  },
  {
    keys: ['distill.pairs', ...weightKeys(({ needs }) => needs.includes('maps'))],
    find: ({ distill }) =>
      distill.pairs !== null && listMapMethods(distill).length === 0
        ? `"distill.pairs" lists feature maps to compare, but ${joinWeights(MAP_METHODS)} are 0; set one of them above 0, or set "distill.pairs" to null.`
        : null,
  },
  {
    keys: ['distill.pairs'],
    find: ({ distill }) =>
      distill.pairs?.length === 0
        ? '"distill.pairs" is an empty list; add pairs, or set it to null to choose them automatically.'
        : null,
  },
  {
    keys: ['distill.fsp.weight', 'distill.levels', 'distill.pairs'],
    find: ({ distill: { fsp, levels, pairs } }) =>
      fsp.weight > 0 && (pairs?.length ?? levels) < 2
        ? `"distill.fsp.weight" is ${fsp.weight}, but there is only one level, and nothing to compare it with; raise "distill.levels", name two "distill.pairs", or set the weight to 0.`
        : null,
  },
  {
    keys: ['distill.rkd.weight', 'distill.rkd.distance', 'distill.rkd.angle'],
    find: ({ distill: { rkd } }) =>
      rkd.weight > 0 && rkd.distance === 0 && rkd.angle === 0
        ? '"distill.rkd.distance" and "distill.rkd.angle" are both 0, so "distill.rkd.weight" weighs nothing; set one of them above 0, or the weight to 0.'
        : null,
  },
  {
    keys: ['distill.itrd.weight', 'distill.itrd.correlation', 'distill.itrd.information'],
    find: ({ distill: { itrd } }) =>
      itrd.weight > 0 && itrd.correlation === 0 && itrd.information === 0
        ? '"distill.itrd.correlation" and "distill.itrd.information" are both 0, so "distill.itrd.weight" weighs nothing; set one of them above 0, or the weight to 0.'
        : null,
  },
  {
    keys: ['distill.views', 'data.augmentation.mixup', 'data.augmentation.cutmix'],
    find: ({ data: { augmentation }, distill }) => {
      const mixing = (['mixup', 'cutmix'] as const).filter((name) => augmentation[name] > 0);
      return distill.views !== null && mixing.length > 0
        ? `"distill.views" is ${distill.views}, but ${joinKeys(mixing.map((name) => `data.augmentation.${name}`))} mix each image with others of its batch, which do not repeat; set them to 0, or "distill.views" to null.`
        : null;
    },
  },
  {
    keys: ['balance.answers', ...weightKeys(({ family }) => family === 'answers')],
    find: ({ balance, distill }) => {
      // Probabilities are multiplied as a method softens them; several temperatures, or none that is known, have no such ones.
      const other = listActiveMethods(distill).filter((name) => {
        const settings = distill[name];
        const standardized = 'standardize' in settings && settings.standardize;
        return METHODS[name].family === 'answers' && (standardized || !('temperature' in settings));
      });
      return balance.answers === 'teacher' && other.length > 0
        ? `"balance.answers" is "teacher", which multiplies the teacher's probabilities at one temperature, but ${joinKeys(other.map((name) => `distill.${name}`))} ${other.length === 1 ? 'compares' : 'compare'} others; set "balance.answers" to "images".`
        : null;
    },
  },
  {
    keys: ['pretrain.teacherEpochs', 'teacher.onnx.file'],
    find: ({ pretrain, teacher }) =>
      pretrain.teacherEpochs > 0 && teacher.onnx.file !== null
        ? `"pretrain.teacherEpochs" is ${pretrain.teacherEpochs}, but the teacher is an ONNX file, which Decant cannot train; set it to 0, or "teacher.onnx.file" to null.`
        : null,
  },
  {
    keys: ['pretrain.studentEpochs', 'student.head'],
    find: ({ pretrain, student }) =>
      pretrain.studentEpochs > 0 && student.head === 'teacher'
        ? `"pretrain.studentEpochs" is ${pretrain.studentEpochs}, but "student.head" is "teacher": a student with the teacher’s classifier has nothing to learn before that; set it to 0, or "student.head" to "own".`
        : null,
  },
  {
    keys: ['pretrain.chunk', 'pretrain.student', 'pretrain.studentEpochs'],
    find: ({ pretrain }) =>
      pretrain.chunk !== null &&
      pretrain.student === 'answers' &&
      pretrain.studentEpochs > 0 &&
      pretrain.teacherEpochs === 0
        ? `"pretrain.chunk" is ${pretrain.chunk}, but "pretrain.student" is "answers", which compares no images with each other; set it to null, and lower "pretrain.batch" where memory is short.`
        : null,
  },
  {
    keys: ['distill.views', 'balance.sampling'],
    find: ({ balance, distill }) =>
      distill.views !== null && balance.sampling === 'balanced'
        ? `"distill.views" is ${distill.views}, but "balance.sampling" is "balanced", which shows an image several times in an epoch, each time augmented differently; set "balance.sampling" to "natural" or "distill.views" to null.`
        : null,
  },
  {
    keys: ['data.augmentation.padding', 'data.augmentation.crop'],
    find: ({ data }) =>
      data.augmentation.padding !== null && data.augmentation.crop !== 'pad'
        ? `"data.augmentation.padding" is ${data.augmentation.padding}, but "data.augmentation.crop" is "${data.augmentation.crop}", which does not pad; set "padding" to null or "crop" to "pad".`
        : null,
  },
  {
    keys: ['data.augmentation.padding', 'data.inputSize'],
    find: ({ data }) =>
      (data.augmentation.padding ?? 0) >= data.inputSize
        ? `"data.augmentation.padding" is ${data.augmentation.padding}, as large as the image ("data.inputSize" ${data.inputSize}), so crops could miss it; use a smaller value.`
        : null,
  },
  {
    keys: ['data.limit'],
    find: ({ data }) =>
      data.limit !== null && data.limit < 4
        ? `"data.limit" is ${data.limit}, too few images to train on; raise it, or set it to null to use all images.`
        : null,
  },
];

/** Lists the contradictions in a recipe. */
export function listContradictions(recipe: Recipe): RecipeProblem[] {
  return CONTRADICTIONS.flatMap(({ keys, find }) => {
    const message = find(recipe);
    return message === null ? [] : { keys, message };
  });
}

function hasBudget(prune: Recipe['prune']): boolean {
  return prune.macs !== null || prune.parameters !== null || prune.latencyMs !== null;
}

/** "a", "b" and "c". */
function joinKeys(keys: readonly string[]): string {
  const quoted = keys.map((key) => `"${key}"`);
  return [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].filter((part) => part !== '').join(word(' and '));
}
