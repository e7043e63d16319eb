import type { RunRow } from '../../../shared/ipc/topics/runs.ts';
import { judgeFinishingEarly } from '../../../shared/run/stages.ts';

/** What can be done with a run as it is now. */
export interface Steering {
  readonly pause: boolean;
  readonly resume: boolean;
  readonly stop: boolean;
  /** Whether "stop and keep the best" is offered at all, and why it cannot be done now; null: it can. */
  readonly finishEarly: { readonly offered: boolean; readonly obstacle: string | null };
  readonly remove: boolean;
}

export function listSteering({ state, stage }: Pick<RunRow, 'state' | 'stage'>): Steering {
  const atWork = state === 'running' || state === 'paused';
  const finishing = judgeFinishingEarly(stage);
  return {
    pause: state === 'running',
    resume: state === 'paused' || state === 'stopped' || state === 'interrupted' || state === 'failed',
    stop: atWork || state === 'queued',
    finishEarly: {
      offered: atWork && finishing !== 'too late',
      obstacle:
        finishing === 'possible' ? null : 'The student has not been trained yet, so that there is nothing to keep',
    },
    remove: !atWork,
  };
}
