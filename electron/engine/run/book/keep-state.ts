import { DecantError } from '../../core/errors.ts';
import { describeStoreFailure, markEnded, storePath, writeRunRecord } from '../../store/index.ts';
import type { RunContext } from '../context/run-context.ts';
import type { RunRecorder } from './run-recorder.ts';

/** Notes in the store, the run's record and the log how a run ended, unless it finished; a stop on request becomes `run.stopped`. */
export async function keepState<T>(
  { store, id, clock, signal }: RunContext,
  recorder: RunRecorder,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = describeStoreFailure(storePath(store.home), thrown);
    // A failure on the way to the stop, such as a full disk, is told as what it is.
    const stopped = signal.aborted && !(error instanceof DecantError);
    attempt(() => {
      markEnded(
        store.db,
        id,
        stopped ? { state: 'stopped' } : { state: 'failed', failure: error.message },
        clock.now(),
      );
      if (stopped) recorder.log('info', 'Stopped on request.');
      else recorder.log('error', error.message);
    });
    if (stopped) throw new DecantError('run.stopped', `Run ${id} was stopped; its progress is kept.`, { run: id });
    throw error;
  } finally {
    attempt(() => recorder.flush());
    attempt(() => writeRunRecord(store, id));
  }
}

/** What fails here, on a full disk say, must not hide how the run ended: the next start makes up for it. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // As said above.
  }
}

/** Whether it is the user's to mend, so that nothing may be changed by it. */
export function isBadInput(error: unknown): boolean {
  return error instanceof DecantError && error.status === 2;
}
