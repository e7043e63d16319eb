import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import type { RunHistory } from '../../shared/ipc/topics/runs.ts';
import type { Report } from '../../shared/run/report.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/home-v1/', import.meta.url));
/** Where its pictures lay when the home was made. */
const PICTURES = '/tmp/decant-fixture/pictures';

/** The ids of its runs. */
export const FIXTURE_RUNS = {
  /** Teacher, student and baseline, four exported files; named, annotated, tagged. */
  finished: '1m8m0s0ytp7frw',
  /** In the middle of an epoch between its second and its third cut. */
  stopped: '1m8m0srsr0zf4g',
  /** Stopped after it had been asked to finish early, which took effect. */
  hurried: '1m8m0sweek9ayf',
  /** Never begun. */
  queued: '1m8m0syt33nnrn',
} as const;

export interface FixtureHome {
  readonly home: string;
  readonly pictures: string;
}

/** Unpacks the home that version 0.1.0 made, with its pictures, into a folder; its database then knows where they lie. */
export function unpackFixtureHome(folder: string): FixtureHome {
  for (const { name, content } of listTar(brotliDecompressSync(readFileSync(join(FOLDER, 'home.tar.br'))))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const home = join(folder, 'home');
  const pictures = join(realpathSync(folder), 'pictures');
  moveDataset(join(home, 'decant.sqlite'), pictures);
  return { home, pictures };
}

/** What the code of that version made of the runs. */
export interface RunOutcome {
  /** SHA-256 of each network's numbers, with their names and shapes. */
  weights: Record<'teacher' | 'student' | 'baseline', string | null>;
  /** SHA-256 of the results' files of weights. */
  files: Record<'teacher' | 'student', string>;
  epochs: { loss: number; terms: Record<string, number> }[];
  cuts: unknown[];
  layers: unknown;
  confusion: unknown;
}

/** What version 0.1.0 made of its runs, those that were not finished taken up again on the back end `simd`. */
export function readExpectedOutcomes(): Record<keyof typeof FIXTURE_RUNS, RunOutcome> {
  return JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')); // Written by the code of that version.
}

/** The weights that today's code ends with when it takes up those that were not finished. */
export function readResumedWeights(): Record<'stopped' | 'hurried' | 'queued', RunOutcome['weights']> {
  return JSON.parse(readFileSync(join(FOLDER, 'resumed.json'), 'utf8')); // Written as README.md there says.
}

/** Everything of a finished run that is the same wherever and whenever it is trained. */
export function describeOutcome(
  { home, run }: { home: string; run: string },
  { history, report }: { history: RunHistory; report: Report },
): RunOutcome {
  const folder = join(home, 'runs', run);
  const db = new Database(join(home, 'decant.sqlite'), { readonly: true });
  const findWeights = db.prepare<[string, string], string>('SELECT path FROM artifacts WHERE run = ? AND name = ?');
  const hashNetwork = (line: string): string | null => {
    const path = findWeights.pluck().get(run, `${line}.safetensors`);
    return path === undefined ? null : hashTensors(readFileSync(join(folder, path)));
  };
  try {
    return {
      weights: {
        teacher: hashNetwork('teacher'),
        student: hashNetwork('student'),
        baseline: hashNetwork('baseline'),
      },
      files: {
        teacher: hash(readFileSync(join(folder, 'results', 'teacher', 'weights.safetensors'))),
        student: hash(readFileSync(join(folder, 'results', 'student', 'weights.safetensors'))),
      },
      // Version 0.1.0 did not know the hardest images, nor embeddings.
      epochs: history.epochs.map(
        ({ elapsedMs: _, imagesPerSecond: __, hardest: ___, embedding: ____, ...epoch }) => epoch,
      ),
      cuts: history.cuts,
      layers: history.layers,
      confusion: report.confusion,
    };
  } finally {
    db.close();
  }
}

/** Hash of a safetensors file's names, shapes and numbers, whatever else its header says. */
function hashTensors(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  const start = 8 + Number(buffer.readBigUInt64LE(0));
  const header: Record<string, { shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    buffer.toString('utf8', 8, start),
  );
  const sum = createHash('sha256');
  for (const name of Object.keys(header).sort()) {
    if (name === '__metadata__') continue;
    const { shape, data_offsets: offsets } = header[name]!; // One of its keys.
    sum.update(`${name} ${shape.join('x')}\n`).update(buffer.subarray(start + offsets[0], start + offsets[1]));
  }
  return sum.digest('hex');
}

/** Tells the database that the pictures lie elsewhere: a dataset's id is made of its path and its fingerprint. */
function moveDataset(database: string, pictures: string): void {
  const db = new Database(database);
  try {
    db.pragma('foreign_keys = OFF');
    const { id, fingerprint } = db
      .prepare<[string], { id: string; fingerprint: string }>('SELECT id, fingerprint FROM datasets WHERE path = ?')
      .get(PICTURES)!; // The home knows no other.
    const moved = hash(Buffer.from(`${pictures}\0${fingerprint}`)).slice(0, 16);
    db.transaction(() => {
      db.prepare('UPDATE datasets SET id = ?, path = ? WHERE id = ?').run(moved, pictures, id);
      for (const table of ['splits', 'runs', 'inspections'])
        db.prepare(`UPDATE ${table} SET dataset = ? WHERE dataset = ?`).run(moved, id);
    })();
  } finally {
    db.close();
  }
}

/** Plain files of a tar archive. */
function listTar(archive: Buffer): { name: string; content: Buffer }[] {
  const files = [];
  for (let offset = 0; archive[offset]; ) {
    const text = (from: number, length: number) =>
      archive.toString('utf8', offset + from, offset + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const content = archive.subarray(offset + 512, offset + 512 + size);
    if (text(156, 1) === '0') files.push({ name: text(0, 100), content });
    offset += 512 + 512 * Math.ceil(size / 512);
  }
  return files;
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
