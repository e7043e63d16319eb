import type { RequestName } from '../../shared/ipc/contract.ts';
import type { RunRow } from '../../shared/ipc/topics/runs.ts';
import { formatPlural } from '../../shared/text/format.ts';
import { ask } from '../bridge.ts';
import { navigation } from './navigation.svelte.ts';
import { runs } from './runs.svelte.ts';
import { toasts } from './toasts.svelte.ts';

type Steering = Extract<RequestName, 'runs.pause' | 'runs.resume' | 'runs.stop' | 'runs.finishEarly'>;

/** Steers a run and shows a failure as a toast. Returns whether it succeeded. */
export async function steerRun(request: Steering, run: string): Promise<boolean> {
  return attempt(async () => runs.take(await ask(request, { run })));
}

/** Changes name, note or tags of a run. Returns whether it succeeded. */
export async function annotateRun(
  run: string,
  changes: { name?: string; note?: string; tags?: string[] },
): Promise<boolean> {
  return attempt(async () => runs.take(await ask('runs.annotate', { run, ...changes })));
}

/** The most runs that one request may delete. */
const AT_ONCE = 1000;

/** Deletes runs and offers to undo it. Returns whether it succeeded. */
export async function deleteRuns(
  ids: readonly string[],
  { restored }: { restored?: () => void } = {},
): Promise<boolean> {
  const parts = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, i) =>
    ids.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );
  return attempt(async () => {
    const [only] = ids;
    const name = ids.length === 1 && only ? runs.find(only)?.name : undefined;
    for (const part of parts) await ask('runs.delete', { runs: part });
    for (const id of ids) runs.drop(id);
    toasts.offerUndo(`${name ?? formatPlural(ids.length, 'run')} deleted.`, async () => {
      for (const part of parts) await ask('runs.restore', { runs: part });
      restored?.();
    });
  });
}

export async function openRunFolder(run: string): Promise<void> {
  await attempt(() => ask('runs.openFolder', { run }));
}

/** Opens a new run with the settings of another. */
export function rerun({ id, dataset }: Pick<RunRow, 'id' | 'dataset'>): void {
  navigation.go({ place: 'new-run', dataset, from: id });
}

async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (cause) {
    toasts.fail(cause);
    return false;
  }
}
