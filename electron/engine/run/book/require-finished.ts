import { DecantError } from '../../core/errors.ts';
import type { RunRecord } from '../../store/index.ts';

/** @throws DecantError `run.incomplete` */
export function requireFinished({ id, state }: Pick<RunRecord, 'id' | 'state'>): void {
  if (state === 'finished') return;
  throw new DecantError('run.incomplete', `Run ${id} is not finished, so that its networks cannot be shown yet.`, {
    run: id,
    state,
  });
}
