import type { TrainingStage } from '../../../../../shared/run/stages.ts';
import type { StageBehaviour } from './stage-behaviour.ts';
import { trainEpochs } from './train-epochs.ts';

/** What each stage that trains does; another one is its entry in `shared/run/stages.ts` and one line here. */
export const STAGE_BEHAVIOURS: Readonly<Record<TrainingStage, StageBehaviour>> = {
  'pretrain-teacher': trainEpochs('pretrain-teacher'),
  teacher: trainEpochs('teacher'),
  'pretrain-student': trainEpochs('pretrain-student'),
  'warm-up': trainEpochs('warm-up'),
  search: trainEpochs('search'),
  prune: trainEpochs('prune'),
  'fine-tune': trainEpochs('fine-tune'),
  baseline: trainEpochs('baseline'),
  alone: trainEpochs('alone'),
};
