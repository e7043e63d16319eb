import type { ImagePrediction } from '../../../../../shared/ipc/topics/compare.ts';
import type { Role } from '../../../../../shared/run/roles.ts';
import { DecantError } from '../../../core/errors.ts';
import type { RankedClasses, TestPredictions } from '../../context/predictions-file.ts';

/** Which test images are wanted: those in a cell of a model's confusion matrix. */
export interface PredictionFilter {
  readonly model: Role;
  /** True class; null means any. */
  readonly label: number | null;
  /** What `model` said; null means anything. */
  readonly guess: number | null;
  /** Only images that `model` has wrong. */
  readonly wrongOnly: boolean;
  readonly offset: number;
  readonly limit: number;
}

/**
 * A page of the images that a filter leaves, in the order of the dataset, with what every model said of them.
 *
 * @throws DecantError `run.incomplete` when the model was not trained
 */
export function selectPredictions(
  { indices, labels, paths, models }: TestPredictions,
  { model, label, guess, wrongOnly, offset, limit }: PredictionFilter,
): { total: number; calibrated: boolean; images: ImagePrediction[] } {
  const asked = models[model];
  if (!asked)
    throw new DecantError(
      'run.incomplete',
      `The recipe of this run has no ${model}, so there are no predictions from it; choose the teacher or the student.`,
      { model },
    );
  const rows = [...indices.keys()].filter((row) => {
    const answer = asked.classes[row * asked.ranked];
    return (
      (label === null || labels[row] === label) &&
      (guess === null || answer === guess) &&
      !(wrongOnly && answer === labels[row])
    );
  });
  return {
    total: rows.length,
    calibrated: models.student !== null && models.student.calibrated !== null,
    images: rows.slice(offset, offset + limit).map((row) => ({
      image: indices[row]!,
      path: paths[row] ?? '',
      label: labels[row]!,
      teacher: listGuesses(models.teacher, row) ?? [],
      student: listGuesses(models.student, row) ?? [],
      baseline: listGuesses(models.baseline, row),
      unlike: findUnlike(models, row),
    })),
  };
}

/** What a model said of one image, likeliest first; null where there is no such model. */
function listGuesses(model: RankedClasses | null, row: number): ImagePrediction['teacher'] | null {
  if (!model) return null;
  const { ranked, classes } = model;
  const probabilities = model.calibrated ?? model.probabilities;
  return Array.from({ length: ranked }, (_, rank) => ({
    label: classes[row * ranked + rank]!,
    probability: probabilities[row * ranked + rank]!,
  }));
}

/** Whether one of the two networks finds an image unlike those that it learned from; null where neither can tell. */
function findUnlike({ teacher, student }: TestPredictions['models'], row: number): boolean | null {
  const known = [teacher?.unlike, student?.unlike].filter((unlike) => unlike != null);
  return known.length === 0 ? null : known.some((unlike) => unlike[row] === 1);
}
