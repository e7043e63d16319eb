import { createHash } from 'node:crypto';
import { DecantError } from '../../../core/errors.ts';
import { Keeper } from '../../../core/keeper.ts';
import { type Dataset, ImageFiles, openDataset } from '../../../data/index.ts';
import { findDataset, findInspection, type ReadableStore } from '../../../store/index.ts';

const MOST_OPEN = 4;
/** Then an archive is let go of, which may be in somebody's way. */
const IDLE_MS = 60_000;

export interface OpenedDataset {
  readonly dataset: Dataset;
  readonly files: ImageFiles;
}

/** The datasets of a home, opened when first asked for by id and kept open for a while: listing a large one takes seconds. */
export class Shelf {
  readonly #store: ReadableStore;
  readonly #opened = new Keeper<OpenedDataset>({
    limit: MOST_OPEN,
    idleMs: IDLE_MS,
    async discard({ dataset, files }) {
      files.close();
      await dataset.close();
    },
  });

  constructor(store: ReadableStore) {
    this.#store = store;
  }

  /**
   * Works with a dataset, whose images are those that the store knows under its id.
   *
   * @throws DecantError `dataset.unknown`, `dataset.missing`, `dataset.changed`, and what `work` throws
   */
  use<Result>(id: string, work: (opened: OpenedDataset) => Result | Promise<Result>): Promise<Result> {
    return this.#opened.use(id, () => openKnown(this.#store, id), work);
  }

  /** Lets go of a dataset. */
  forget(id: string): void {
    this.#opened.forget(id);
  }

  close(): Promise<void> {
    return this.#opened.clear();
  }
}

/** Changes when images come, go, or change their size; told without reading a file. */
export function hashListing({ images, unlabelled }: Pick<Dataset, 'images' | 'unlabelled'>): string {
  const hash = createHash('sha256');
  for (const { path, bytes } of images) hash.update(`${path}\0${bytes}\n`);
  if (unlabelled.length > 0) hash.update('\0unlabelled\n');
  for (let index = 0; index < unlabelled.length; index++) {
    const { path, bytes } = unlabelled.at(index)!; // Below the length.
    hash.update(`${path}\0${bytes}\n`);
  }
  return hash.digest('hex');
}

export function unknownDataset(id: string): DecantError {
  return new DecantError('dataset.unknown', `No dataset has the id ${id}; add its folder or .zip again.`, {
    dataset: id,
  });
}

async function openKnown({ db }: ReadableStore, id: string): Promise<OpenedDataset> {
  const record = findDataset(db, id);
  if (!record) throw unknownDataset(id);
  const { name, path } = record;
  const listing = findInspection(db, record.id)?.listing;
  const changed = (cause?: unknown) =>
    new DecantError(
      'dataset.changed',
      `The files of ${name} (${path}) have changed since it was read; read it again.`,
      { dataset: id, path },
      { cause },
    );
  let dataset: Dataset;
  try {
    dataset = await openDataset(path);
  } catch (error) {
    if (!(error instanceof DecantError) || error.code === 'dataset.unreadable') throw error;
    if (error.code !== 'dataset.missing') throw changed(error);
    const message = `The dataset ${name} is no longer at ${path}; put it back there, or add it at its new place.`;
    throw new DecantError('dataset.missing', message, { dataset: id, path }, { cause: error });
  }
  // Only datasets that were never inspected have to be read for that.
  const same =
    listing === undefined ? (await dataset.fingerprint()) === record.fingerprint : hashListing(dataset) === listing;
  if (same) return { dataset, files: new ImageFiles(dataset) };
  await dataset.close();
  throw changed();
}
