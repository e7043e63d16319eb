/**
 * Strikes runs at every change that they make to files: kills them, fails the change, cuts it short, takes power away. Checks
 * that each, taken up again, ends with the very same weights as one that was left alone, that nothing is damaged or left
 * behind, and that one sentence says what happened. Prints what goes wrong on stderr and JSON on stdout; exit status 1 when
 * anything did. Interrupted, it goes on where it was when given the same folder.
 *
 *     node bench/faults.ts [--kinds kill,power,…] [--each N] [--parallel 2] [--minutes N] [--folder DIR] [--layer LAYER]
 *
 * Where there is a C compiler on Linux, every change is seen (`--layer shim`); elsewhere those that Node and SQLite's statements
 * make in the main thread (`--layer file-layer`), and power is not lost.
 *
 * A run makes some changes again and again, such as writing one more tensor into a checkpoint. `--each 3` strikes the first,
 * the last and one in the middle of those that have the same operation and, but for chance, the same path.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../electron/engine/core/random.ts';
import { formatTable } from '../shared/text/table.ts';
import {
  type Change,
  FAULTS,
  type FaultKind,
  type FaultTrial,
  findLayer,
  LAYERS,
  type Layer,
  listChanges,
  listKinds,
  selectChanges,
  startFaultTest,
  tryFault,
} from './faults/trials.ts';

const { values } = parseArgs({
  options: {
    kinds: { type: 'string' },
    layer: { type: 'string' },
    each: { type: 'string' },
    parallel: { type: 'string', default: '2' },
    minutes: { type: 'string' },
    folder: { type: 'string' },
  },
});
const layer = readLayer(values.layer);
const kinds = values.kinds === undefined ? listKinds(layer) : values.kinds.split(',').map(readKind);
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'decant-faults-')));
const ledger = join(folder, 'trials.jsonl');
const deadline = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + 60_000 * Number(values.minutes);

const test = await startFaultTest(folder, layer);
process.stderr.write(`undisturbed: ${(test.elapsedMs / 1000).toFixed(1)} s\n`);
const trials: FaultTrial[] = existsSync(ledger)
  ? readFileSync(ledger, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as FaultTrial) // Written below.
  : [];
const done = new Set(trials.map(({ kind, at }) => `${kind} ${at}`));
const changes = await listChanges(test);

/**
 * Where to strike with each kind. The kinds take turns, and places come in an order of chance, the same each time: what is
 * cut off has tried something of everything.
 */
function* listTrials(): Generator<[FaultKind, number], void, void> {
  const places = kinds.map((kind) => {
    const all = choosePlaces(selectChanges(changes, kind));
    new Random(1).fork('faults', kind).shuffle(all);
    return [kind, all] as const;
  });
  for (let i = 0; i < Math.max(...places.map(([, all]) => all.length)); i++)
    for (const [kind, all] of places) {
      const at = all[i];
      if (at !== undefined && !done.has(`${kind} ${at}`)) yield [kind, at];
    }
}

/** Places from 1. */
function choosePlaces(all: readonly Change[]): number[] {
  const places = all.map((_, i) => i + 1);
  if (values.each === undefined) return places;
  const most = Number(values.each);
  const alike = Map.groupBy(places, (place) => all[place - 1]!.what);
  return [...alike.values()].flatMap((group) => {
    const count = Math.min(most, group.length);
    return Array.from({ length: count }, (_, i) =>
      count === 1 ? group[0]! : group[Math.round((i * (group.length - 1)) / (count - 1))]!,
    );
  });
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
  return { kind, changes: selectChanges(changes, kind).length, tried: of.length, bad };
});
const columns = ['Fault', 'What happens', 'Changes', 'Tried', 'Wrong'].map((title, i) => ({
  title,
  align: i < 2 ? ('left' as const) : ('right' as const),
}));
const rows = summary.map(({ kind, ...row }) => [
  kind,
  FAULTS[kind].what,
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
  const kinds = listKinds(layer);
  const kind = kinds.find((kind) => kind === name);
  return kind ?? refuse(`"${name}" is no kind of fault that ${layer} makes; choose from ${kinds.join(', ')}.`);
}

function readLayer(name: string = findLayer()): Layer {
  const layer = LAYERS.find((layer) => layer === name);
  return layer ?? refuse(`"${name}" is no layer; choose from ${LAYERS.join(', ')}.`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
