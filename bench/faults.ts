/**
 * Strikes runs at every change that they make to files: kills them, fails the change, cuts it short, takes power away. Checks
 * that each, taken up again, ends with the very same weights as one that was left alone, that nothing is damaged or left
 * behind, and that one sentence says what happened. Linux only, with a C compiler. Prints what goes wrong on stderr and
 * JSON on stdout; exit status 1 when anything did. Interrupted, it goes on where it was when given the same folder.
 *
 *     node bench/faults.ts [--kinds kill,power,…] [--each N] [--parallel 2] [--minutes N] [--folder DIR]
 *
 * A run makes some changes again and again, such as writing one more tensor into a checkpoint. `--each 3` strikes the first,
 * the last and one in the middle of those that have the same operation and, but for chance, the same path.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../shared/text/table.ts';
import {
  type Change,
  canMakeFaults,
  FAULT_KINDS,
  type FaultKind,
  type FaultTrial,
  listChanges,
  startFaultTest,
  tryFault,
} from './faults/trials.ts';

const { values } = parseArgs({
  options: {
    kinds: { type: 'string', default: Object.keys(FAULT_KINDS).join(',') },
    each: { type: 'string' },
    parallel: { type: 'string', default: '2' },
    minutes: { type: 'string' },
    folder: { type: 'string' },
  },
});
const kinds = values.kinds.split(',').map(readKind);
if (!canMakeFaults()) {
  process.stderr.write('Faults are made on Linux only, where the command cc compiles C.\n');
  process.exit(2);
}
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'decant-faults-')));
const ledger = join(folder, 'trials.jsonl');
const deadline = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + 60_000 * Number(values.minutes);

const test = await startFaultTest(folder);
process.stderr.write(`undisturbed: ${(test.elapsedMs / 1000).toFixed(1)} s\n`);
const trials: FaultTrial[] = existsSync(ledger)
  ? readFileSync(ledger, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as FaultTrial) // Written below.
  : [];
const done = new Set(trials.map(({ kind, at }) => `${kind} ${at}`));
const changes = new Map<FaultKind, Change[]>();
for (const kind of kinds) changes.set(kind, await listChanges(test, kind));

/** Where to strike with each kind; the kinds take turns, so that a run that is cut off has tried them all. */
function* listTrials(): Generator<[FaultKind, number], void, void> {
  const places = new Map(Array.from(changes, ([kind, all]) => [kind, chooseChanges(all)]));
  for (let i = 0; i < Math.max(...Array.from(places.values(), (all) => all.length)); i++)
    for (const [kind, all] of places) {
      const at = all[i];
      if (at !== undefined && !done.has(`${kind} ${at}`)) yield [kind, at];
    }
}

function chooseChanges(all: readonly Change[]): number[] {
  if (values.each === undefined) return all.map(({ at }) => at);
  const most = Number(values.each);
  const alike = Map.groupBy(all, ({ what }) => what);
  return [...alike.values()]
    .flatMap((group) => {
      const count = Math.min(most, group.length);
      const place = (i: number) => (count === 1 ? 0 : Math.round((i * (group.length - 1)) / (count - 1)));
      return Array.from({ length: count }, (_, i) => group[place(i)]!.at);
    })
    .sort((a, b) => a - b);
}

const waiting = listTrials();
await Promise.all(
  Array.from({ length: Number(values.parallel) }, async () => {
    for (const [kind, at] of waiting) {
      if (Date.now() > deadline) return;
      const trial = await tryFault(test, kind, at);
      trials.push(trial);
      appendFileSync(ledger, `${JSON.stringify(trial)}\n`);
      if (trial.problems.length > 0)
        process.stderr.write(`${kind} ${at}, ${trial.struck}: ${trial.ended}\n  ${trial.problems.join('\n  ')}\n`);
    }
  }),
);

const summary = kinds.map((kind) => {
  const of = trials.filter((trial) => trial.kind === kind);
  const bad = of.filter(({ problems }) => problems.length > 0).length;
  return { kind, changes: changes.get(kind)!.length, tried: of.length, bad };
});
const columns = ['Fault', 'What happens', 'Changes', 'Tried', 'Wrong'].map((title, i) => ({
  title,
  align: i < 2 ? ('left' as const) : ('right' as const),
}));
const rows = summary.map(({ kind, ...row }) => [
  kind,
  FAULT_KINDS[kind],
  `${row.changes}`,
  `${row.tried}`,
  `${row.bad}`,
]);
process.stderr.write(`${formatTable(columns, rows)}\n`);
process.stdout.write(`${JSON.stringify({ what: 'faults', summary })}\n`);
const bad = summary.some((row) => row.bad > 0);
if (!bad && values.folder === undefined) await rm(folder, { recursive: true, force: true });
process.exit(bad ? 1 : 0);

function readKind(name: string): FaultKind {
  if (Object.hasOwn(FAULT_KINDS, name)) return name as FaultKind;
  process.stderr.write(`"${name}" is no kind of fault; choose from ${Object.keys(FAULT_KINDS).join(', ')}.\n`);
  process.exit(2);
}
