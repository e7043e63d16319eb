import type { Recipe } from './recipe.ts';

/** A way in which settings that are each allowed contradict each other: one sentence, or null where they do not. */
type Contradiction = (recipe: Recipe) => string | null;

const CONTRADICTIONS: readonly Contradiction[] = [
  ({ prune, train }) =>
    prune.macs === null && prune.parameters === null && train.pruneEpochs > 0
      ? `"prune.macs" and "prune.parameters" are both null, which prunes nothing, but "train.pruneEpochs" is ${train.pruneEpochs}; set a budget, or "train.pruneEpochs" to 0.`
      : null,
  ({ prune, train }) =>
    hasBudget(prune) && countStudentEpochs(train) === 0
      ? 'The student is to be pruned but all of "train.warmUpEpochs", "train.pruneEpochs" and "train.fineTuneEpochs" are 0, so that no step could score its channels; give it an epoch.'
      : null,
  ({ prune, student, train }) =>
    !hasBudget(prune) && countStudentEpochs(train) === 0 && student.weights === null
      ? 'The student has no "student.weights" and no epochs, so that it would never learn; set "train.warmUpEpochs".'
      : null,
  ({ teacher, train }) =>
    teacher.weights === null && train.teacherEpochs === 0
      ? '"train.teacherEpochs" is 0 and "teacher.weights" is null, so that the teacher would know nothing; set one of them.'
      : null,
  ({ distill }) =>
    distill.crossEntropy === 0 && distill.logits === 0
      ? 'Both "distill.crossEntropy" and "distill.logits" are 0, so that the classifier has nothing to learn from; set one of them.'
      : null,
  ({ distill }) =>
    distill.schedule === 'linear-ramp' && (distill.crossEntropy === 0) !== (distill.logits === 0)
      ? `"distill.schedule" is "linear-ramp", from the labels alone to the teacher alone, but "distill.${distill.logits === 0 ? 'logits' : 'crossEntropy'}" is 0, so that the classifier would at times have nothing to learn from; set it, or the schedule to "constant".`
      : null,
  ({ distill }) =>
    distill.pairs !== null && distill.features === 0 && distill.attention === 0
      ? '"distill.pairs" names feature maps to compare, but "distill.features" and "distill.attention" are both 0; set one of them, or "distill.pairs" to null.'
      : null,
  ({ distill }) =>
    distill.pairs?.length === 0
      ? '"distill.pairs" is an empty list; name pairs, or set it to null to have them chosen.'
      : null,
  ({ data }) =>
    data.augmentation.padding !== null && data.augmentation.crop !== 'pad'
      ? `"data.augmentation.padding" is ${data.augmentation.padding}, but "data.augmentation.crop" is "${data.augmentation.crop}", which does not pad; set "padding" to null, or "crop" to "pad".`
      : null,
  ({ data }) =>
    (data.augmentation.padding ?? 0) >= data.inputSize
      ? `"data.augmentation.padding" is ${data.augmentation.padding}, as large as the image ("data.inputSize" ${data.inputSize}), so that crops could miss it; make it smaller.`
      : null,
  ({ data }) =>
    data.limit !== null && data.limit < 4
      ? `"data.limit" is ${data.limit}, too few images to train on; raise it, or set it to null for all.`
      : null,
];

/** What contradicts itself in a recipe, one sentence each. */
export function listContradictions(recipe: Recipe): string[] {
  return CONTRADICTIONS.map((find) => find(recipe)).filter((problem) => problem !== null);
}

function hasBudget(prune: Recipe['prune']): boolean {
  return prune.macs !== null || prune.parameters !== null;
}

function countStudentEpochs(train: Recipe['train']): number {
  return train.warmUpEpochs + train.pruneEpochs + train.fineTuneEpochs;
}
