/**
 * Watches a process that works for a long time: whether its memory, its open files, its threads and the store stay flat over
 * thousands of epochs of one run, and over many runs, one after the other. Linux only: it reads /proc. Prints a line a sample
 * on stderr and JSON on stdout; exit status 1 when something grows.
 *
 *     node bench/soak.ts [--minutes 40] [--samples 60]
 *
 * Half of the time goes to each. Flat: the median of the last quarter is at most 5 % and 20 MB of memory, 3 files and 1 thread
 * above that of the second; an epoch adds at most 4 kB to the home, its row, points and lines of the log, and a run at most
 * 15 MB, its networks and files. SQLite's log of writes, which has a bound of its own, is not counted.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawDataset } from '../electron/engine/data/index.ts';
import { formatTable } from '../shared/text/table.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '40' }, samples: { type: 'string', default: '60' } },
});
if (process.platform !== 'linux') {
  process.stderr.write('The process is watched through /proc, which only Linux has.\n');
  process.exit(2);
}

/** What one sample tells of the process, or of its home. */
interface Sample {
  /** Epochs or runs that were finished. */
  readonly done: number;
  readonly residentBytes: number;
  readonly files: number;
  readonly threads: number;
  readonly homeBytes: number;
}

const WORK = fileURLToPath(new URL('soak/work.ts', import.meta.url));
/** What may grow from the second quarter of the samples to the last. */
const MARGIN = { residentBytes: (before: number) => Math.max(0.05 * before, 20e6), files: () => 3, threads: () => 1 };
/** Bytes of the home that one may add. */
const BYTES_EACH = { epochs: 4000, runs: 15_000_000 };

async function watch(what: 'epochs' | 'runs'): Promise<{ what: string; samples: Sample[]; problems: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'decant-soak-'));
  await drawDataset(join(folder, 'pictures'), { classes: 2, trainPerClass: 20, testPerClass: 4, size: 32, seed: 1 });
  const child = spawn(process.execPath, [WORK, what, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let [done, ended] = [0, false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const [, name, count] of text.matchAll(/^(\w+) (\d+)$/gm)) if (name === what) done = Number(count);
  });
  const end = new Promise<number | null>((resolve) => child.once('exit', resolve)).finally(() => {
    ended = true;
  });
  const count = Number(values.samples) / 2;
  const pauseMs = (Number(values.minutes) * 60_000) / 2 / count;
  const samples: Sample[] = [];
  while (samples.length < count && !ended) {
    await Promise.race([setTimeout(pauseMs), end]);
    if (ended) break;
    const sample = { done, ...readProcess(child.pid!), homeBytes: sizeOf(join(folder, 'home')) };
    samples.push(sample);
    process.stderr.write(`${formatSample(what, sample)}\n`);
  }
  const problems = ended ? ['it ended by itself'] : findGrowth(what, samples);
  child.kill('SIGTERM');
  const status = await end;
  if (status !== 0) problems.push(`it ended with ${status}`);
  await rm(folder, { recursive: true, force: true });
  return { what, samples, problems };
}

function readProcess(pid: number): Pick<Sample, 'residentBytes' | 'files' | 'threads'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    residentBytes: 1024 * read('VmRSS'),
    threads: read('Threads'),
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** 0 before it is made. */
function sizeOf(folder: string): number {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && !/-(wal|shm)$/.test(entry.name))
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

function findGrowth(what: keyof typeof BYTES_EACH, samples: readonly Sample[]): string[] {
  const quarter = samples.length >> 2;
  if (quarter === 0) return ['there are too few samples'];
  const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  const problems: string[] = [];
  for (const key of ['residentBytes', 'files', 'threads'] as const) {
    const [before, after] = [medianOf(early, key), medianOf(late, key)];
    if (after > before + MARGIN[key](before)) problems.push(`${key} grew from ${before} to ${after}`);
  }
  const [first, last] = [early[0]!, late.at(-1)!];
  const each = (last.homeBytes - first.homeBytes) / Math.max(1, last.done - first.done);
  if (each > BYTES_EACH[what]) problems.push(`the home grew by ${Math.round(each)} bytes with each of the ${what}`);
  return problems;
}

function medianOf(samples: readonly Sample[], key: keyof Sample): number {
  return samples.map((sample) => sample[key]).sort((a, b) => a - b)[samples.length >> 1]!;
}

function formatSample(what: string, { done, residentBytes, files, threads, homeBytes }: Sample): string {
  return `${done} ${what}: ${(residentBytes / 1e6).toFixed(0)} MB, ${files} files, ${threads} threads, home ${(homeBytes / 1e6).toFixed(2)} MB`;
}

const results = [await watch('epochs'), await watch('runs')];
const titles = ['', 'Done', 'Memory, first and last (MB)', 'Files', 'Threads', 'Home (MB)', 'Verdict'];
const between = (samples: readonly Sample[], key: keyof Sample, scale = 1) =>
  [samples[0], samples.at(-1)]
    .map((sample) => ((sample?.[key] ?? 0) / scale).toFixed(scale === 1 ? 0 : 1))
    .join(' to ');
process.stderr.write(
  `${formatTable(
    titles.map((title) => ({ title })),
    results.map(({ what, samples, problems }) => [
      what,
      String(samples.at(-1)?.done ?? 0),
      between(samples, 'residentBytes', 1e6),
      between(samples, 'files'),
      between(samples, 'threads'),
      between(samples, 'homeBytes', 1e6),
      problems.join('; ') || 'flat',
    ]),
  )}\n`,
);
process.stdout.write(`${JSON.stringify({ what: 'soak', minutes: Number(values.minutes), results })}\n`);
process.exit(results.some(({ problems }) => problems.length > 0) ? 1 : 0);
