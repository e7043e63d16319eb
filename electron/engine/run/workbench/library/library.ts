import { existsSync } from 'node:fs';
import type { DatasetDetail, DatasetSummary } from '../../../../../shared/ipc/topics/datasets.ts';
import type { RunListener } from '../../../../../shared/run/events.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { DecantError } from '../../../core/errors.ts';
import type { DatasetId, RunId } from '../../../core/ids.ts';
import { ProgressMeter } from '../../../core/progress.ts';
import { countImages, type Dataset, imageAt, inspectDataset, openDataset } from '../../../data/index.ts';
import {
  type DatasetRow,
  deleteDataset,
  deleteFormerDatasets,
  findDataset,
  findDatasetRow,
  findInspection,
  type InspectionRecord,
  moveRuns,
  type Store,
  saveInspection,
  selectDatasetRows,
} from '../../../store/index.ts';
import { registerDataset } from '../../begin/prepare.ts';
import { drawSample, sampleFolder } from '../../begin/sample-dataset.ts';
import { progressListener } from '../../context/run-context.ts';
import { chooseSamples } from './choose-samples.ts';
import { takeInSampleRun } from './sample-run.ts';
import { hashListing, type Shelf, unknownDataset } from './shelf.ts';
import { Thumbnails } from './thumbnails.ts';

/** Images that are read between two words about it. */
const TOLD_EVERY = 64;

/** Of work that takes long: told how far it is, and ended with the signal's reason. */
export interface Watched {
  readonly listener: RunListener;
  readonly signal: AbortSignal;
}

/** The datasets that a home knows. What was found in them is kept, so that it can be told without reading an image. */
export class Library {
  readonly #store: Store;
  readonly #shelf: Shelf;
  readonly #thumbnails: Thumbnails;
  readonly #clock: Clock;

  constructor(store: Store, shelf: Shelf, { clock = systemClock }: { clock?: Clock } = {}) {
    this.#store = store;
    this.#shelf = shelf;
    this.#thumbnails = new Thumbnails(shelf);
    this.#clock = clock;
  }

  /** All of them, the one looked at last first. */
  list(): DatasetSummary[] {
    return selectDatasetRows(this.#store.db).map((row) => this.#summarize(row));
  }

  /**
   * Reads a folder or a .zip and makes it known. As long as its files are the same it keeps its id.
   *
   * @throws DecantError `dataset.missing`, `dataset.unreadable`, `dataset.layout`, `dataset.classes`, `dataset.unsafe`
   */
  async add(path: string, watched: Watched): Promise<DatasetDetail> {
    return this.show(await this.#read(path, watched));
  }

  /** @param check throws where the images that were read, by their fingerprint, shall not be made known */
  async #read(
    path: string,
    { listener, signal }: Watched,
    check: (fingerprint: string) => void = () => undefined,
  ): Promise<DatasetId> {
    const dataset = await openDataset(path, { signal });
    try {
      const fingerprint = await this.#fingerprint(dataset, { listener, signal });
      check(fingerprint);
      const found = await this.#inspect(dataset, { listener, signal });
      const { db } = this.#store;
      return db.transaction(() => {
        const id = registerDataset(this.#store, dataset, fingerprint, this.#clock.now());
        saveInspection(db, id, found);
        deleteFormerDatasets(db, { id, path: dataset.path });
        return id;
      })();
    } finally {
      await dataset.close();
    }
  }

  /** Draws the sample dataset, unless it is there, and reads it. Throws as `drawDataset`. */
  async draw(watched: Watched): Promise<DatasetDetail> {
    const { listener, signal } = watched;
    const path = await drawSample(this.#store.home, { listener: progressListener(listener), signal });
    return this.add(path, watched);
  }

  /** Makes the finished run that comes with Decant one of the home's, with the sample dataset. Throws as `draw` and `takeInRun`. */
  async openSampleRun(watched: Watched): Promise<RunId> {
    const { id } = await this.draw(watched);
    return takeInSampleRun(this.#store, findDataset(this.#store.db, id)!); // Just drawn and read.
  }

  /**
   * Reads a dataset again, whose files may have changed; then it has another id.
   *
   * @throws DecantError `dataset.unknown`, and as `add`
   */
  refresh(id: string, watched: Watched): Promise<DatasetDetail> {
    const { path } = this.#find(id);
    this.#shelf.forget(id);
    return this.add(path, watched);
  }

  /**
   * Makes the runs of a dataset know it at another place, where its images are now.
   *
   * @returns the runs that know it there now
   * @throws DecantError `dataset.unknown`; `dataset.changed` where other images are there; as `add`
   */
  async move(id: string, path: string, watched: Watched): Promise<{ detail: DatasetDetail; runs: RunId[] }> {
    const known = findDataset(this.#store.db, id);
    if (!known) throw unknownDataset(id);
    const moved = await this.#read(path, watched, (fingerprint) => {
      if (fingerprint === known.fingerprint) return;
      throw new DecantError(
        'dataset.changed',
        `The images in ${path} are not those of ${known.name}: some were added, removed, renamed or changed. Choose another folder, or open this one as a dataset of its own.`,
        { dataset: id, path },
      );
    });
    const runs = moveRuns(this.#store, known.id, moved);
    this.#shelf.forget(id);
    return { detail: await this.show(moved), runs };
  }

  /**
   * Which images lie at these paths of a dataset; null where none does.
   *
   * @throws DecantError `dataset.unknown`, `dataset.missing`, `dataset.changed`
   */
  find(id: string, paths: readonly string[]): Promise<(number | null)[]> {
    return this.#shelf.use(id, ({ dataset }) => {
      const wanted = new Set(paths);
      const found = new Map<string, number>();
      for (let index = 0; index < countImages(dataset) && found.size < wanted.size; index++) {
        const { path } = imageAt(dataset, index)!; // Below the count.
        if (wanted.has(path)) found.set(path, index);
      }
      return paths.map((path) => found.get(path) ?? null);
    });
  }

  /**
   * What is known of a dataset. One that only runs have used until now is read first.
   *
   * @throws DecantError `dataset.unknown`; `dataset.missing`, `dataset.changed` where it would have to be read
   */
  async show(id: string): Promise<DatasetDetail> {
    const row = this.#find(id);
    const known = findInspection(this.#store.db, row.id);
    if (known) return this.#describe(row.id, known);
    return this.#shelf.use(id, async ({ dataset }) => {
      const found = await this.#inspect(dataset);
      saveInspection(this.#store.db, row.id, found);
      return this.#describe(row.id, found);
    });
  }

  /**
   * Images of a class, those without one, or all (null), in the order of the dataset, a page at a time.
   *
   * @throws DecantError `dataset.unknown`, `dataset.missing`, `dataset.changed`
   */
  images(
    id: string,
    { label, offset, limit }: { label: number | 'unlabelled' | null; offset: number; limit: number },
  ): Promise<{ total: number; images: { index: number; path: string; label: number | null; split: string | null }[] }> {
    return this.#shelf.use(id, ({ dataset }) => {
      const { images } = dataset;
      const show = (index: number) => {
        const { path } = imageAt(dataset, index)!; // Below the count.
        return { index, path, label: images[index]?.label ?? null, split: images[index]?.split ?? null };
      };
      if (typeof label === 'number') {
        const indices = [...images.keys()].filter((index) => images[index]!.label === label);
        return { total: indices.length, images: indices.slice(offset, offset + limit).map(show) };
      }
      const first = label === 'unlabelled' ? images.length : 0;
      const total = countImages(dataset) - first;
      const shown = Math.max(0, Math.min(limit, total - offset));
      return { total, images: Array.from({ length: shown }, (_, i) => show(first + offset + i)) };
    });
  }

  /**
   * A JPEG of an image, square, `size` pixels a side at most.
   *
   * @throws DecantError `dataset.unknown`, `dataset.missing`, `dataset.unreadable`, `dataset.changed`, `image.unreadable`
   */
  thumbnail(id: string, image: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#thumbnails.read(id, image, size);
  }

  /**
   * Forgets a dataset; its files stay.
   *
   * @throws DecantError `dataset.unknown`, `dataset.used`
   */
  forget(id: string): void {
    const row = this.#find(id);
    if (!deleteDataset(this.#store.db, row.id)) {
      const { name, runs } = this.#find(id);
      throw new DecantError('dataset.used', `${name} is needed by ${describeRuns(runs)}`, { dataset: id, runs });
    }
    this.#shelf.forget(id);
  }

  #find(id: string): DatasetRow {
    const row = findDatasetRow(this.#store.db, id);
    if (!row) throw unknownDataset(id);
    return row;
  }

  #fingerprint(dataset: Dataset, { listener, signal }: Watched): Promise<string> {
    const total = countImages(dataset);
    const meter = new ProgressMeter({
      stage: 'read',
      total,
      unit: 'images',
      clock: this.#clock,
      listener: progressListener(listener),
    });
    let read = 0;
    return dataset.fingerprint(signal, () => {
      if (++read % TOLD_EVERY === 0) meter.advance(TOLD_EVERY);
    });
  }

  async #inspect(dataset: Dataset, watched?: Watched): Promise<InspectionRecord> {
    const inspection = await inspectDataset(dataset, {
      ...(watched && { listener: progressListener(watched.listener), signal: watched.signal }),
      clock: this.#clock,
    });
    return {
      kind: dataset.kind,
      listing: hashListing(dataset),
      inspection,
      samples: chooseSamples(dataset, inspection),
    };
  }

  #summarize({ seenAtMs, kind, ...row }: DatasetRow): DatasetSummary {
    return {
      ...row,
      kind: kind ?? (/\.zip$/i.test(row.path) ? 'zip' : 'folder'),
      sample: row.path === sampleFolder(this.#store.home),
      seenAt: new Date(seenAtMs).toISOString(),
      missing: !existsSync(row.path),
    };
  }

  #describe(id: DatasetId, { inspection, samples }: InspectionRecord): DatasetDetail {
    return {
      ...this.#summarize(this.#find(id)),
      inspection,
      samples: inspection.classes.map(({ name }, label) => ({ name, images: samples[label] ?? [] })),
    };
  }
}

/** The runs that need a dataset, and what to do about them; those that are hidden can still be brought back. */
function describeRuns(runs: number): string {
  if (runs === 0) return 'runs that were deleted a moment ago and can still be restored; try again in a minute.';
  return runs === 1 ? 'a run; delete it first.' : `${runs} runs; delete them first.`;
}
