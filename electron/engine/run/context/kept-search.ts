import type { KeptSearch, Search } from '../../../../shared/run/search.ts';
import { SEARCH_FORM } from '../../../../shared/stored/search-form.ts';
import type { RunId } from '../../core/ids.ts';
import { fromStoredText, readArtifact, type Store, saveArtifact, toStoredText } from '../../store/index.ts';
import type { RunContext } from './run-context.ts';

/** What a run's artifact is called with the networks that its search has judged. */
const SEARCH_FILE = 'search.json';

interface Keeper {
  readonly store: Pick<Store, 'db' | 'home'>;
  readonly id: RunId;
}

/** What a run's search has judged so far; null where it has judged nothing. @throws DecantError `checkpoint.unreadable`, `store.newer`, `store.unreadable` */
export async function readSearch({ store, id }: Keeper): Promise<KeptSearch | null> {
  const content = await readArtifact(store, id, SEARCH_FILE);
  return content && fromStoredText(SEARCH_FORM, Buffer.from(content).toString('utf8'), `Run ${id}`);
}

/** What people see of it; null where nothing was judged. */
export async function showSearch(context: Keeper): Promise<Search | null> {
  const kept = await readSearch(context);
  if (!kept) return null;
  const { supernet: _, ...search } = kept;
  return search;
}

/** What a report says of it; null where there was no search, or it came to no choice. */
export async function reportSearch(context: Keeper): Promise<Search | null> {
  const search = await showSearch(context);
  return search?.chosen == null ? null : search;
}

export async function saveSearch({ store, id, clock }: Pick<RunContext, 'store' | 'id' | 'clock'>, search: KeptSearch) {
  const content = Buffer.from(toStoredText(SEARCH_FORM, search));
  await saveArtifact(store, id, { name: SEARCH_FILE, content }, { nowMs: clock.now() });
}
