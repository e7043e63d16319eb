import type { RunListener } from '../../../../shared/run/events.ts';
import { describeRecovery } from '../../../../shared/run/recovery-text.ts';
import { reconcileRuns, type Store } from '../../store/index.ts';

/** Restores what the store lost of runs whose folders are there, and tells of it in notes. */
export function recoverRuns(store: Store, listener: RunListener): void {
  for (const message of describeRecovery(reconcileRuns(store))) listener({ type: 'note.added', message });
}
