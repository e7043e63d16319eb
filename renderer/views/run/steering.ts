import type { RunRow } from '../../../shared/ipc/topics/runs.ts';
import { judgeFinishingEarly } from '../../../shared/run/stages.ts';

/** What can be done with a run in its current state. */
export interface Steering {
  readonly pause: boolean;
  readonly resume: boolean;
  readonly stop: boolean;
  /** Whether finishing early is offered, and why it is not possible now; null if it is. */
  readonly finishEarly: { readonly offered: boolean; readonly obstacle: string | null };
  readonly remove: boolean;
}

export function listSteering({ state, stage }: Pick<RunRow, 'state' | 'stage'>): Steering {
  const active = state === 'running' || state === 'paused';
  const finishing = judgeFinishingEarly(stage);
  return {
    pause: state === 'running',
    resume: state === 'paused' || state === 'stopped' || state === 'interrupted' || state === 'failed',
    stop: active || state === 'queued',
    finishEarly: {
      offered: active && finishing !== 'too late',
      obstacle: finishing === 'possible' ? null : 'The student has not been trained yet, so there is nothing to keep',
    },
    remove: !active,
  };
}
