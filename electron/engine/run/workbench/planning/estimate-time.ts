import type { RunEstimate } from '../../../../../shared/ipc/topics/runs.ts';
import type { RecipeNetwork } from '../../../../../shared/run/roles.ts';
import { networkOf, STAGES, type Stage, sortByStage } from '../../../../../shared/run/stages.ts';
import { usesUnlabelled } from '../../../../../shared/run/without-labels.ts';
import { planTraining } from '../../training/plan.ts';
import { countWorkload, stepMacs, type WorkloadFacts } from '../../training/workload.ts';

/** Milliseconds of a multiply-accumulate in training, of each network, and the back end that took them. */
export interface Speeds extends Readonly<Record<RecipeNetwork, number>> {
  readonly backend: string;
}

/** Decoding and resizing one image, milliseconds of one thread. Typical. */
const DECODE_MS = 1;

/** How long a run takes, stage by stage, at these speeds. */
export function estimateTime(facts: WorkloadFacts, speeds: Speeds): RunEstimate {
  const { recipe, batch, images } = facts;
  const segments = planTraining({
    recipe,
    batchesPerEpoch: Math.floor(images.train / batch),
    batchesWithoutLabels: Math.max(1, Math.floor((images.train + (images.unlabelled ?? 0)) / recipe.pretrain.batch)),
  });
  const workload = countWorkload(segments, facts);
  const times = new Map<Stage, number>();
  const add = (stage: Stage, ms: number) => times.set(stage, (times.get(stage) ?? 0) + ms);
  add(
    'prepare',
    DECODE_MS *
      (images.train + images.validation + images.test + (usesUnlabelled(recipe) ? (images.unlabelled ?? 0) : 0)),
  );
  for (const [i, { stage }] of segments.entries())
    add(stage, workload.segments[i]! * speeds[networkOf(STAGES[stage].line)]);
  for (const stage of ['measure', 'export'] as const)
    add(stage, workload[stage].ms + workload[stage].macs * speeds.student);
  const stages = sortByStage([...times].map(([stage, ms]) => ({ stage, ms })));
  return {
    totalMs: stages.reduce((total, { ms }) => total + ms, 0),
    stages,
    imagesPerSecond: 1000 / (speeds.student * stepMacs(facts, 'student')),
    backend: speeds.backend,
  };
}
