import type { EngineStatus } from '../../../shared/ipc/topics/app.ts';
import type { RunRow } from '../../../shared/ipc/topics/runs.ts';
import type { StageStep } from './stage-plan.ts';
import { formatEnd, formatTimeLeft } from './time-left.ts';

/** Says how far a run is and what comes next. @param engine the engine's status if this run is active, else null */
export function describeProgress(
  row: Pick<RunRow, 'state' | 'queuePosition'>,
  engine: Pick<EngineStatus, 'progress' | 'remainingMs'> | null,
  steps: readonly StageStep[],
  now: number,
): { headline: string; detail: string } {
  const current = steps.find(({ state }) => state === 'current');
  const where = current ? `in the “${current.title}” stage` : 'before the first stage';
  switch (row.state) {
    case 'running': {
      const share = typeof engine?.progress === 'number' ? `${Math.floor(100 * engine.progress)} %` : null;
      if (typeof engine?.remainingMs === 'number')
        return {
          headline: `${share ?? 'Running'} · ${formatTimeLeft(engine.remainingMs)} left`,
          detail: `ends around ${formatEnd(now + engine.remainingMs, now)}`,
        };
      return { headline: share ?? 'Running', detail: 'estimating time left…' };
    }
    case 'paused':
      return { headline: 'Paused', detail: `${where}; kept in memory, so it resumes at once` };
    case 'queued':
      return {
        headline: row.queuePosition === 1 ? 'Next in queue' : `Number ${row.queuePosition ?? '–'} in queue`,
        detail: 'starts automatically',
      };
    case 'interrupted':
      return { headline: 'Interrupted', detail: `${where}; resume it to continue from its last checkpoint` };
    case 'stopped':
      return { headline: 'Stopped', detail: `${where}; resume it to continue from its last checkpoint` };
    case 'failed':
      return { headline: 'Failed', detail: where };
    case 'finished':
      return steps.some(({ state }) => state === 'short')
        ? { headline: 'Finished early', detail: 'some training was left out, as asked' }
        : { headline: 'Finished', detail: 'all stages complete' };
    default:
      return row.state satisfies never;
  }
}
