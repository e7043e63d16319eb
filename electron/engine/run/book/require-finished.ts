import { DecantError } from '../../core/errors.ts';
import { type ReadableDb, type RunRecord, requireReadable } from '../../store/index.ts';

/** @throws DecantError `run.incomplete`; `store.newer` where a newer Decant worked on it */
export function requireFinished(db: ReadableDb, { id, state }: Pick<RunRecord, 'id' | 'state'>): void {
  requireReadable(db, id);
  if (state === 'finished') return;
  throw new DecantError('run.incomplete', `Run ${id} is not finished, so its networks cannot be shown yet.`, {
    run: id,
    state,
  });
}
