import type { RunRow } from '../../../shared/ipc/topics/runs.ts';
import { findLine } from '../../../shared/run/lines.ts';

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
  const line = stage && findLine(stage);
  const over = stage === 'measure' || stage === 'export';
  return {
    pause: state === 'running',
    resume: state === 'paused' || state === 'stopped' || state === 'interrupted' || state === 'failed',
    stop: atWork || state === 'queued',
    finishEarly: {
      offered: atWork && !over,
      obstacle:
        line === 'student' || line === 'baseline'
          ? null
          : 'The student has not been trained yet, so that there is nothing to keep',
    },
    remove: !atWork,
  };
}
