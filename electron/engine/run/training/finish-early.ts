import { LINE_NAMES, LINES } from '../../../../shared/run/stages.ts';
import type { FinishPlace } from '../../../../shared/stored/run-forms.ts';
import { findArtifact, readFinish } from '../../store/index.ts';
import { batchesPerEpoch } from '../context/batches.ts';
import { modelFile } from '../context/kept-models.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';
import { dressForLine } from '../context/without-labels.ts';
import { Course } from './course.ts';

/** The training that a run has to do, from its beginning: what its recipe asks for, or less where it was asked to finish early. */
export function openCourse(context: RunContext, data: PreparedData): Course {
  const free = dressForLine(context, data, 'pretrain-student');
  const facts = {
    recipe: context.recipe,
    batchesPerEpoch: batchesPerEpoch(context, data),
    batchesWithoutLabels: batchesPerEpoch(free.context, free.data),
  };
  return new Course(facts, readPlace(context));
}

export function describePlace({ stage, epoch }: FinishPlace): string {
  return `Training was ended early on request, in epoch ${epoch + 1} of stage ${stage}: the student is the best one until then, pruned to its budget if it had not met it.`;
}

/** What a report says where training was ended early. */
export function noteEarlyFinish(context: RunContext): string[] {
  const place = readPlace(context);
  if (!place) return [];
  const { recipe, store, id } = context;
  const dropped = LINE_NAMES.filter(
    (line) =>
      LINES[line].whenFinishedEarly === 'drop' &&
      LINES[line].wanted(recipe) &&
      !findArtifact(store.db, id, modelFile(line)),
  );
  return [
    describePlace(place),
    ...dropped.map((line) => `The ${LINES[line].phrase} did not finish training, so it is left out of the comparison.`),
  ];
}

function readPlace({ store, id }: Pick<RunContext, 'store' | 'id'>): FinishPlace | null {
  return readFinish(store.db, id).place;
}
