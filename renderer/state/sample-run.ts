import { ask } from '../bridge.ts';
import { datasets } from './datasets.svelte.ts';
import { runs } from './runs.svelte.ts';
import { toasts } from './toasts.svelte.ts';
import { work } from './work.svelte.ts';

/** Makes the finished run that comes with Decant one of the runs; gives its id, or null where that failed or was cancelled. */
export async function openSampleRun(): Promise<string | null> {
  try {
    const row = await work.run('Opening the sample run', (id) => ask('runs.openSample', { work: id }));
    if (!row) return null;
    runs.take(row);
    await datasets.load();
    return row.id;
  } catch (cause) {
    toasts.fail(cause);
    return null;
  }
}
