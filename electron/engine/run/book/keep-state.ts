import { DecantError } from '../../core/errors.ts';
import { markEnded } from '../../store/index.ts';
import type { RunContext } from '../context/run-context.ts';
import type { RunRecorder } from './run-recorder.ts';

/** Notes in the store and the log how a run ended, unless it finished; a stop on request becomes `run.stopped`. */
export async function keepState<T>(
  { store, id, clock, signal }: RunContext,
  recorder: RunRecorder,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A failure on the way to the stop, such as a full disk, is told as what it is.
    if (signal.aborted && !(error instanceof DecantError)) {
      markEnded(store.db, id, { state: 'stopped' }, clock.now());
      recorder.log('info', 'Stopped on request.');
      throw new DecantError('run.stopped', `Run ${id} was stopped; its progress is kept.`, { run: id });
    }
    const failure = error instanceof Error ? error.message : String(error);
    markEnded(store.db, id, { state: 'failed', failure }, clock.now());
    recorder.log('error', failure);
    throw error;
  } finally {
    recorder.flush();
  }
}

/** Whether it is the user's to mend, so that nothing may be changed by it. */
export function isBadInput(error: unknown): boolean {
  return error instanceof DecantError && error.status === 2;
}
