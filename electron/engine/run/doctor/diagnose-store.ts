import { existsSync, statSync } from 'node:fs';
import type { StoreDiagnosis } from '../../../../shared/run/diagnosis.ts';
import { listSome } from '../../../../shared/text/shorten.ts';
import { storePath } from '../../store/paths.ts';

const NOTHING = { problem: null, runs: 0, lostRuns: 0 };

/** Opens a home's store, where there is one, and has SQLite check all of it. Makes nothing; never throws. */
export async function diagnoseStore(home: string): Promise<StoreDiagnosis> {
  const path = storePath(home);
  const sizeBytes = existsSync(path) ? statSync(path).size : 0;
  try {
    // Loaded here, so that a database library that does not load is a finding too.
    const { checkStore, findDamagedRuns, findLostRuns, openStoreForReading } = await import('../../store/index.ts');
    const store = openStoreForReading(home);
    if (!store) {
      const lostRuns = findLostRuns({ db: null, home }).length;
      return { ...NOTHING, home, state: 'none', lostRuns, sizeBytes };
    }
    try {
      const found = checkStore(store.db);
      const damaged = found === null ? findDamagedRuns(store) : [];
      const runs = Number(store.db.prepare('SELECT count(*) FROM runs').pluck().get());
      const lostRuns = findLostRuns(store).length;
      if (damaged.length > 0) {
        const problem = `The store ${path} is damaged: rows of ${listSome(damaged)} are not what was written; run "decant doctor --repair", which restores them from the runs' folders.`;
        return { home, state: 'unusable', problem, runs, lostRuns, sizeBytes };
      }
      if (found === null) return { home, state: 'sound', problem: null, runs, lostRuns, sizeBytes };
      const problem = `The store ${path} is damaged: SQLite finds ${found}; run "decant doctor --repair", which sets it aside and makes a new one from the runs' folders.`;
      return { home, state: 'unusable', problem, runs, lostRuns, sizeBytes };
    } finally {
      store.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...NOTHING, home, state: 'unusable', problem: message.split('\n')[0] ?? '', sizeBytes };
  }
}
