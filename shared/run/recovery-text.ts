import { cleanText } from '../text/clean.ts';
import { formatPlural } from '../text/format.ts';
import { word } from '../text/language.ts';
import { listSome } from '../text/shorten.ts';
import type { RunRecovery, StoreRepair } from './recovery.ts';

/** What was restored and what was not, a sentence each; nothing where there is nothing to tell. */
export function describeRecovery({ restored, left }: RunRecovery): string[] {
  const list = (runs: readonly { run: string }[]) => listSome(runs.map(({ run }) => run));
  return [
    ...(restored.length > 0
      ? [
          `Restored ${formatPlural(restored.length, 'run')} whose newest state only the folders of the runs still had: ${list(restored)}.`,
        ]
      : []),
    ...(left.length > 0
      ? [
          `${formatPlural(left.length, 'folder')} of runs that cannot be restored ${left.length === 1 ? word('was') : word('were')} left as found: ${list(left)}; "decant doctor --repair" says why.`,
        ]
      : []),
  ];
}

/** That the store lacks runs, in a sentence; null where it lacks none. */
export function describeLost(runs: number): string | null {
  if (runs === 0) return null;
  return `The newest state of ${formatPlural(runs, 'run')} is only in the folders of the runs; "decant doctor --repair" restores what can be restored.`;
}

/** What a repair did, run by run. */
export function formatRepair({ setAside, restored, left }: StoreRepair): string {
  return [
    ...(setAside === null
      ? []
      : [`The store was damaged. It lies at ${cleanText(setAside)} now, and there is a new one.`]),
    ...restored.map(({ run, name, from, state }) => {
      const what =
        from === 'record' ? 'from its record' : 'from its report: where its images lie, and its notes, are lost';
      return `Restored ${run} "${cleanText(name)}", ${describeState(state)}, ${what}.`;
    }),
    ...left.map(({ folder, reason }) => `Left as it is: ${cleanText(folder)}. ${cleanText(reason)}`),
    ...(setAside === null && restored.length === 0 && left.length === 0 ? ['There is nothing to repair.'] : []),
  ].join('\n');
}

/** One that the store calls running was cut off: no process works on it. */
function describeState(state: RunRecovery['restored'][number]['state']): string {
  return state === 'running' ? 'interrupted' : state;
}
