import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { storePath } from '../../electron/engine/store/index.ts';
import type { PartialRecipe } from '../../shared/run/recipe.ts';
import { type Ended, findRun, inspectResult, type KillTest, runProcess, startKillTest } from '../kill-trials.ts';

/** Groups of changes to files, as `shim.c` knows them. */
const GROUPS = ['write', 'sync', 'create', 'rename', 'remove'] as const;
type Group = (typeof GROUPS)[number];

interface Fault {
  readonly what: string;
  readonly of: readonly Group[];
  /** `kill`, `power`, `short`, or the number of the error. */
  readonly does: string;
  /** Whether every later change of these groups fails as well. */
  readonly stays?: true;
}

const { ENOSPC, EIO, EACCES } = constants.errno;

/** What can happen at a change to a file. */
export const FAULTS = {
  kill: { what: 'the process is killed', of: GROUPS, does: 'kill' },
  power: { what: 'power is lost: what was not synced is gone', of: GROUPS, does: 'power' },
  short: { what: 'half is written', of: ['write'], does: 'short' },
  ENOSPC: { what: 'no space is left, once', of: ['write', 'sync', 'create', 'rename'], does: String(ENOSPC) },
  full: { what: 'no space is left from then on', of: ['write', 'create'], does: String(ENOSPC), stays: true },
  EIO: { what: 'the device fails, once', of: GROUPS, does: String(EIO) },
  EACCES: { what: 'permission is denied, once', of: ['create', 'rename', 'remove'], does: String(EACCES) },
} as const satisfies Record<string, Fault>;
export type FaultKind = keyof typeof FAULTS;

/** The compiled shim, in the folder of a test. */
const SHIM = 'shim.so';

/** All stages, cuts and files of a run, in as few steps as there can be. */
const RECIPE: PartialRecipe = {
  data: { inputSize: 32, validation: 0.2 },
  teacher: { width: 0.35, stemStride: 2 },
  student: { width: 0.35, stemStride: 2 },
  train: { batch: 8, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1 },
  prune: { macs: 0.8, steps: 1 },
  measure: { latencyRuns: 10, ckaImages: 8 },
};

/** What comes between a run and its files: `shim.c`, on Linux with a C compiler; or `file-layer.ts`, which sees less. */
export const LAYERS = ['shim', 'file-layer'] as const;
export type Layer = (typeof LAYERS)[number];

export interface FaultTest extends KillTest {
  readonly layer: Layer;
}

export interface FaultTrial {
  readonly kind: FaultKind;
  readonly at: number;
  /** The operation and path that were struck; null where the run ended before. */
  readonly struck: string | null;
  /** How the struck run ended: its exit status, or `killed`, with the sentence it said. */
  readonly ended: string;
  /** Everything that is not as it should be. */
  readonly problems: readonly string[];
}

/** The best layer that can be used here. */
export function findLayer(): Layer {
  if (process.platform !== 'linux') return 'file-layer';
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return 'shim';
  } catch {
    return 'file-layer';
  }
}

/** The kinds of faults that a layer can make. */
export function listKinds(layer: Layer): FaultKind[] {
  const kinds = Object.keys(FAULTS) as FaultKind[]; // The keys written above.
  return layer === 'shim' ? kinds : kinds.filter((kind) => kind !== 'power');
}

/** Compiles the shim where it is used, draws the pictures and lets one run go through undisturbed. */
export async function startFaultTest(folder: string, layer: Layer): Promise<FaultTest> {
  mkdirSync(folder, { recursive: true });
  if (layer === 'shim') {
    const source = fileURLToPath(new URL('shim.c', import.meta.url));
    execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', join(folder, SHIM), source, '-ldl', '-lpthread']);
  }
  const pictures = { classes: 2, trainPerClass: 20, testPerClass: 4 };
  return { ...(await startKillTest(folder, { pictures, recipe: RECIPE })), layer };
}

/** A change to a file that a run makes. */
export interface Change {
  readonly group: Group;
  /** The operation and path, without what is drawn by chance: the same for what happens again and again. */
  readonly what: string;
}

/** The changes that a run makes, in their order. */
export async function listChanges(test: FaultTest): Promise<Change[]> {
  const { folder, log, ended } = await runStruck(test, { name: 'list', fault: FAULTS.EIO, at: 0 });
  const changes = Array.from(log.matchAll(/^change (\w+) (.*)$/gm), ([, group, what = '']) => ({
    group: group as Group, // Said by the shim.
    what: withoutChance(what),
  }));
  if (ended.status !== 0 || changes.length === 0)
    throw new Error(`Listing the changes ended with ${ended.status}: ${ended.stderr}`);
  for (const path of [folder, `${folder}.stash`]) rmSync(path, { recursive: true });
  return changes;
}

/** Those that a kind of fault applies to; each one's place, from 1, is what `tryFault` takes. */
export function selectChanges(changes: readonly Change[], kind: FaultKind): Change[] {
  const { of }: Fault = FAULTS[kind];
  return changes.filter(({ group }) => of.includes(group));
}

/**
 * Strikes one run at one change, then goes on as a person would, and compares what comes out with the undisturbed run. A run
 * that is not struck dead says one sentence; nothing of it is damaged; taken up again, or begun anew where it had not come
 * into being, it ends with the same weights and figures, and leaves no file behind.
 */
export async function tryFault(test: FaultTest, kind: FaultKind, at: number): Promise<FaultTrial> {
  const name = `${kind}-${at}`;
  const problems: string[] = [];
  const { folder, args, log, ended } = await runStruck(test, { name, fault: FAULTS[kind], at });
  const [, what] = /^struck \d+ (.*)$/m.exec(log) ?? [];
  const home = join(folder, 'home');
  problems.push(...checkEnd(kind, ended), ...checkStore(home));
  if (ended.status !== 0) {
    const run = findRun(home);
    const again = await runProcess(run === null ? args : ['compress', '--resume', run, ...args.slice(-4)]);
    if (again.status !== 0) problems.push(`taken up again: ${again.status}, ${lastLine(again)}`);
  }
  problems.push(...inspectResult(test, home, join(folder, 'out')));
  if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
  else appendFileSync(join(folder, 'ended.txt'), `${ended.status}\n${ended.stderr}`);
  rmSync(`${folder}.stash`, { recursive: true, force: true });
  const struck = what === undefined ? null : withoutChance(what);
  const how = ended.status === null ? 'killed' : `${ended.status}: ${sentenceOf(ended) ?? lastLine(ended)}`;
  return { kind, at, struck, ended: how, problems };
}

async function runStruck(test: FaultTest, { name, fault, at }: { name: string; fault: Fault; at: number }) {
  const folder = join(test.folder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  mkdirSync(`${folder}.stash`, { recursive: true });
  const logFile = join(test.folder, `${name}.log`);
  rmSync(logFile, { force: true });
  const [home, out] = [join(folder, 'home'), join(folder, 'out')];
  const args = ['compress', test.dataset, '--recipe', test.recipe, '--home', home, '--out', out];
  const env = {
    ...process.env,
    ...(test.layer === 'shim' && { LD_PRELOAD: join(test.folder, SHIM) }),
    FAULTS_ROOT: folder,
    FAULTS_OF: fault.of.join(','),
    FAULTS_AT: String(at),
    FAULTS_THEN: fault.does,
    FAULTS_STAYS: fault.stays ? '1' : '0',
    FAULTS_LOG: logFile,
  };
  const preload = new URL('file-layer.ts', import.meta.url).href;
  const nodeOptions = test.layer === 'file-layer' ? ['--import', preload] : [];
  const ended = await runProcess(args, { env, nodeOptions });
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  rmSync(logFile, { force: true });
  return { folder, args, log, ended };
}

/** A run that was not struck dead ends well, or says one sentence and how to go on. */
function checkEnd(kind: FaultKind, { status, stderr }: Ended): string[] {
  if (kind === 'kill' || kind === 'power') return [];
  if (kind === 'short') return status === 0 ? [] : [`a short write ended it with ${status}: ${stderr.slice(-300)}`];
  if (status === 0) return [];
  const said = stderr.split('\n').filter((line) => line.startsWith('decant: '));
  if (status === null) return [`it died: ${stderr.slice(-300)}`];
  if (said.length !== 1) return [`it said ${said.length} sentences: ${stderr.slice(-300)}`];
  const [sentence = ''] = said;
  const begun = /^Run \w+: /m.test(stderr);
  return [
    ...(/Unexpected error|This should not have happened/.test(sentence) ? [`it said: ${sentence}`] : []),
    ...(begun && status === 1 && !stderr.includes('--resume ') ? [`it does not say how to go on: ${sentence}`] : []),
  ];
}

function checkStore(home: string): string[] {
  if (!existsSync(storePath(home))) return [];
  const db = new Database(storePath(home));
  try {
    const verdict = String(db.pragma('integrity_check', { simple: true }));
    return verdict === 'ok' ? [] : [`integrity_check: ${verdict}`];
  } finally {
    db.close();
  }
}

function sentenceOf({ stderr }: Ended): string | undefined {
  return stderr.split('\n').find((line) => line.startsWith('decant: '));
}

function lastLine({ stderr }: Ended): string {
  return stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}

/** Without hashes, ids and random names. */
function withoutChance(what: string): string {
  return what.replaceAll(/[0-9a-f]{12,}|\b1[0-9a-z]{13}\b/g, '*');
}
