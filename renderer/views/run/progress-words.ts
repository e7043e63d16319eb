import type { EngineStatus } from '../../../shared/ipc/topics/app.ts';
import type { RunRow } from '../../../shared/ipc/topics/runs.ts';
import type { StageStep } from './stage-plan.ts';
import { formatEnd, formatTimeLeft } from './time-left.ts';

/** How far a run is, and what comes next, in words. @param engine what the engine says of this very run; null: nothing */
export function describeProgress(
  row: Pick<RunRow, 'state' | 'queuePosition'>,
  engine: Pick<EngineStatus, 'progress' | 'remainingMs'> | null,
  steps: readonly StageStep[],
  now: number,
): { headline: string; detail: string } {
  const current = steps.find(({ state }) => state === 'current');
  const where = current ? `in the stage “${current.title}”` : 'before its first stage';
  switch (row.state) {
    case 'running': {
      const share = typeof engine?.progress === 'number' ? `${Math.floor(100 * engine.progress)} %` : null;
      if (typeof engine?.remainingMs === 'number')
        return {
          headline: `${share ?? 'At work'} · ${formatTimeLeft(engine.remainingMs)} left`,
          detail: `ends around ${formatEnd(now + engine.remainingMs, now)}`,
        };
      return { headline: share ?? 'At work', detail: 'time left is told once enough steps were timed' };
    }
    case 'paused':
      return { headline: 'Paused', detail: `${where}; held in memory, goes on at once` };
    case 'queued':
      return {
        headline: row.queuePosition === 1 ? 'Next in the queue' : `Number ${row.queuePosition ?? '–'} in the queue`,
        detail: 'begins by itself when its turn comes',
      };
    case 'interrupted':
      return { headline: 'Interrupted', detail: `${where}; resume it to go on from its last checkpoint` };
    case 'stopped':
      return { headline: 'Stopped', detail: `${where}; resume it to go on from its last checkpoint` };
    case 'failed':
      return { headline: 'Failed', detail: where };
    case 'finished':
      return { headline: 'Finished', detail: 'every stage is done' };
    default:
      return row.state satisfies never;
  }
}
