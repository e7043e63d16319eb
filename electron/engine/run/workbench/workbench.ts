import type { Store } from '../../store/index.ts';
import type { Classifier } from './classification/classifier.ts';
import type { Comparison } from './comparison/comparison.ts';
import type { Library } from './library/library.ts';
import type { Planner } from './planning/planner.ts';

/** What a window looks at: datasets, runs to come, finished runs, single images. Each is loaded when it is first asked for. */
export interface Workbench {
  library(): Promise<Library>;
  planner(): Promise<Planner>;
  comparison(): Promise<Comparison>;
  classifier(): Promise<Classifier>;
  /** Lets go of archives, networks and threads; the store stays open. */
  close(): Promise<void>;
}

/** Prepares a workbench on an open store. The caller closes it, then the store. */
export function openWorkbench(store: Store): Workbench {
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(made: T): T => {
    opened.unshift(made);
    return made;
  };
  const shelf = once(async () => keep(new (await import('./library/shelf.ts')).Shelf(store)));
  return {
    library: once(async () => new (await import('./library/library.ts')).Library(store, await shelf())),
    planner: once(async () => new (await import('./planning/planner.ts')).Planner(store, await shelf())),
    comparison: once(async () =>
      keep(new (await import('./comparison/comparison.ts')).Comparison(store, await shelf())),
    ),
    classifier: once(async () => keep(new (await import('./classification/classifier.ts')).Classifier(store))),
    async close() {
      for (const thing of opened) await thing.close();
    },
  };
}

/** The same value at every call, made at the first. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
