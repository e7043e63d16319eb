import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { writeStored } from '../../../../shared/stored/form.ts';
import { RESULTS_FORM, type ResultFile } from '../../../../shared/stored/run-forms.ts';
import { DecantError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import { fromStoredText, type ReadableStore, readArtifact, readReport } from '../../store/index.ts';
import { resultsFolder } from '../book/runs.ts';

/** The artifact that lists a run's results with their hashes, so that none is handed out that is not what was written. */
export const RESULTS_LIST = 'results.json';

/** The list of the files below a run's results folder, as the content of its artifact. */
export async function encodeResultsList(folder: string): Promise<Uint8Array> {
  const files: ResultFile[] = [];
  for (const path of await listFiles(folder)) {
    const content = await readFile(join(folder, path));
    files.push({ path: path.split(sep).join('/'), sizeBytes: content.byteLength, sha256: hash(content) });
  }
  return new TextEncoder().encode(JSON.stringify(writeStored(RESULTS_FORM, files)));
}

/** A file of a run's results; where it lies below their folder. */
export interface KeptResult {
  /** With the platform's separators. */
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * A finished run's results, one after the other, each compared with what was written.
 *
 * @throws DecantError `results.damaged` when one is gone or has changed, `checkpoint.unreadable` when their list has
 */
export async function* readResults(store: ReadableStore, id: RunId): AsyncGenerator<KeptResult, void, void> {
  for (const file of await listResults(store, id))
    yield { path: join(...file.path.split('/')), content: await readChecked(store, id, file) };
}

/**
 * One of a finished run's results. Throws as `readResults`.
 *
 * @param path below the results folder, such as `report.html`
 */
export async function readResult(store: ReadableStore, id: RunId, path: string): Promise<Uint8Array> {
  const listed = (await listResults(store, id)).find((file) => file.path === path);
  return readChecked(store, id, listed ?? { path, sha256: null });
}

async function readChecked(store: ReadableStore, id: RunId, { path, sha256 }: ListedResult): Promise<Uint8Array> {
  const from = join(resultsFolder(store, id), ...path.split('/'));
  const content = await readFile(from).catch((error: unknown) => {
    throw damaged(id, from, 'it cannot be read', error);
  });
  if (sha256 !== null && hash(content) !== sha256) throw damaged(id, from, 'it has changed since it was written');
  return content;
}

interface ListedResult {
  /** Below the results folder, with `/` between its parts. */
  readonly path: string;
  /** Null where it is not known. */
  readonly sha256: string | null;
}

/** Runs of former versions have no list: of their files only the exports have a hash, in the report. */
async function listResults(store: ReadableStore, id: RunId): Promise<ListedResult[]> {
  const content = await readArtifact(store, id, RESULTS_LIST);
  if (content) return fromStoredText(RESULTS_FORM, new TextDecoder().decode(content), `Run ${id}`);
  const folder = resultsFolder(store, id);
  const known = new Map(readReport(store.db, id)?.exports.map(({ file, sha256 }) => [file, sha256]));
  const paths = await listFiles(folder).catch((error: unknown) => {
    throw damaged(id, folder, 'it cannot be read', error);
  });
  return paths.map((path) => ({ path: path.split(sep).join('/'), sha256: known.get(path) ?? null }));
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function damaged(run: RunId, path: string, reason: string, cause?: unknown): DecantError {
  return new DecantError(
    'results.damaged',
    `The result ${path} of run ${run} cannot be used: ${reason}; restore it from a backup, or write the student anew with "decant export ${run}".`,
    { run, path, reason },
    { cause },
  );
}
