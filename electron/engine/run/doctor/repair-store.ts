import type { StoreRepair } from '../../../../shared/run/recovery.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import {
  checkStore,
  describeStoreFailure,
  findLostRuns,
  hasStore,
  openStore,
  reconcileRuns,
  type Store,
  setStoreAside,
  storePath,
  takeOverCurves,
} from '../../store/index.ts';

/**
 * Makes a home's store whole: one that is damaged is set aside, never deleted, and a new one made; then every run of which
 * only its folder knows, or knows a newer state, is restored from there.
 *
 * @throws DecantError `store.newer`, `store.busy`, `disk.full`, `disk.failed`, `output.unwritable`
 */
export async function repairStore({
  home,
  clock = systemClock,
}: {
  home: string;
  clock?: Clock;
}): Promise<StoreRepair> {
  if (!hasStore(home) && findLostRuns({ db: null, home }).length === 0)
    return { setAside: null, restored: [], left: [] };
  const { store, setAside } = openOrReplace(home, clock);
  try {
    const recovery = reconcileRuns(store, { thorough: true });
    if (setAside !== null) takeOverCurves(store.db, setAside);
    return { setAside, ...recovery };
  } catch (error) {
    throw describeStoreFailure(storePath(home), error);
  } finally {
    store.close();
  }
}

function openOrReplace(home: string, clock: Clock): { store: Store; setAside: string | null } {
  const sound = openSound(home);
  if (sound) return { store: sound, setAside: null };
  const setAside = hasStore(home) ? setStoreAside(home, clock.now()) : null;
  return { store: openStore(home), setAside };
}

/** The store; null where it is damaged. */
function openSound(home: string): Store | null {
  let store: Store | undefined;
  try {
    store = openStore(home);
    if (checkStore(store.db) === null) return store;
  } catch (error) {
    if (!(error instanceof DecantError && error.code === 'store.unreadable')) throw error;
  }
  store?.close();
  return null;
}
