import type { Teacher } from '../../teacher/index.ts';
import type { Model } from './models.ts';

/** The networks of a run once training is over. */
export interface TrainedModels {
  readonly teacher: Teacher;
  readonly student: Model;
  /** The unpruned student; not trained where the recipe has no baseline. */
  readonly baseline: Model & { readonly trained: boolean };
  /** The unpruned student trained on the labels alone; null where it was not. */
  readonly alone: Model | null;
}
