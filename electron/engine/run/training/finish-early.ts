import type { Stage } from '../../../../shared/run/stages.ts';
import { findArtifact, readFinish } from '../../store/index.ts';
import type { RunContext } from '../context/run-context.ts';
import { type Position, planTraining, type Segment, shortenPlan } from './plan.ts';

/** Where in its plan a run was when it was asked to train no further than it needs. */
export interface FinishPlace extends Position {
  readonly stage: Stage;
  /** On the network's line, from 0. */
  readonly epoch: number;
}

/** The training that a run has to do: what its recipe asks for, shortened where it was asked to finish early. */
export function openPlan({ recipe, store, id }: RunContext, batchesPerEpoch: number): Segment[] {
  const segments = planTraining(recipe, batchesPerEpoch);
  const place = readPlace({ store, id });
  return place ? shortenPlan(segments, place, batchesPerEpoch) : segments;
}

export function describePlace({ stage, epoch }: FinishPlace): string {
  return `Training was ended early on request, in epoch ${epoch + 1} of the stage ${stage}: the student is the best until then, cut to its budget where it had not met it.`;
}

/** What a report says where training was ended early. */
export function noteEarlyFinish(context: RunContext): string[] {
  const place = readPlace(context);
  if (!place) return [];
  const { recipe, store, id } = context;
  const left = recipe.train.baseline && !findArtifact(store.db, id, 'baseline.safetensors');
  return [
    describePlace(place),
    ...(left ? ['The unpruned student was not trained to its end, so that it is not compared with.'] : []),
  ];
}

function readPlace({ store, id }: Pick<RunContext, 'store' | 'id'>): FinishPlace | null {
  return readFinish(store.db, id).place as FinishPlace | null; // Kept by trainModels.
}
