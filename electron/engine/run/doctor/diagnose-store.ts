import { existsSync, statSync } from 'node:fs';
import type { StoreDiagnosis } from '../../../../shared/run/diagnosis.ts';
import { storePath } from '../../store/paths.ts';

/** Opens a home's store, where there is one, and has SQLite check all of it. Makes nothing; never throws. */
export async function diagnoseStore(home: string): Promise<StoreDiagnosis> {
  const path = storePath(home);
  const sizeBytes = existsSync(path) ? statSync(path).size : 0;
  try {
    // Loaded here, so that a database library that does not load is a finding too.
    const { openStoreForReading } = await import('../../store/index.ts');
    const store = openStoreForReading(home);
    if (!store) return { home, state: 'none', problem: null, runs: 0, sizeBytes };
    try {
      const verdict = String(store.db.pragma('integrity_check(1)', { simple: true }));
      const strays = store.db.pragma('foreign_key_check') as unknown[];
      const runs = Number(store.db.prepare('SELECT count(*) FROM runs').pluck().get());
      if (verdict === 'ok' && strays.length === 0) return { home, state: 'sound', problem: null, runs, sizeBytes };
      const found = verdict === 'ok' ? `${strays.length} orphaned rows` : verdict.split('\n')[0];
      const problem = `The store ${path} is damaged: SQLite finds ${found}; replace it with a backup.`;
      return { home, state: 'unusable', problem, runs, sizeBytes };
    } finally {
      store.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { home, state: 'unusable', problem: message.split('\n')[0] ?? '', runs: 0, sizeBytes };
  }
}
