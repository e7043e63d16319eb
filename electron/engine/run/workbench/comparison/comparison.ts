import type { Params, Result } from '../../../../../shared/ipc/contract.ts';
import { findNeeds } from '../../../../../shared/run/methods.ts';
import { DecantError } from '../../../core/errors.ts';
import { Keeper } from '../../../core/keeper.ts';
import { siblingModule } from '../../../core/sibling-module.ts';
import { openThread, type TaskClient } from '../../../core/tasks/task-client.ts';
import { decodePixels, normalizePixels } from '../../../data/index.ts';
import { choosePairs } from '../../../distill/index.ts';
import type { AttentionMap } from '../../../measure/index.ts';
import {
  findDataset,
  findRun,
  type ReadableStore,
  type RunRecord,
  readArtifact,
  readRecipe,
  selectPoints,
} from '../../../store/index.ts';
import { requireFinished } from '../../book/require-finished.ts';
import { readModel } from '../../context/kept-models.ts';
import { decodePredictions, PREDICTIONS, type TestPredictions } from '../../context/predictions-file.ts';
import type { Shelf } from '../library/shelf.ts';
import type { AttentionTasks } from './attention-thread.ts';
import { selectPredictions } from './select-predictions.ts';

/** Runs whose predictions are kept in memory, and runs whose networks are. */
const MOST_READ = 4;
const MOST_LOADED = 2;
const IDLE_MS = 120_000;

/** A run's networks in a thread of their own, and what they are fed. */
interface Looker {
  readonly thread: TaskClient<AttentionTasks>;
  readonly inputSize: number;
}

/** Finished runs, looked at closely. */
export class Comparison {
  readonly #store: ReadableStore;
  readonly #shelf: Shelf;
  readonly #predictions = new Keeper<TestPredictions>({ limit: MOST_READ, idleMs: IDLE_MS });
  readonly #lookers = new Keeper<Looker>({
    limit: MOST_LOADED,
    idleMs: IDLE_MS,
    discard: ({ thread }) => thread.close(),
  });

  constructor(store: ReadableStore, shelf: Shelf) {
    this.#store = store;
    this.#shelf = shelf;
  }

  /**
   * What the networks said of a run's test images, those that a filter leaves, a page at a time.
   *
   * @throws DecantError `run.unknown`, `run.incomplete`
   */
  async readPredictions({ run, ...filter }: Params<'compare.predictions'>): Promise<Result<'compare.predictions'>> {
    const record = findRun(this.#store.db, run);
    requireFinished(this.#store.db, record);
    const classes = findDataset(this.#store.db, record.dataset)?.classes ?? [];
    const page = await this.#predictions.use(
      run,
      () => this.#openPredictions(record),
      (predictions) => selectPredictions(predictions, filter),
    );
    return { dataset: record.dataset, classes, ...page };
  }

  /**
   * Where both networks of a run look in an image of its dataset.
   *
   * @throws DecantError `run.unknown`, `run.incomplete`, `dataset.missing`, `dataset.changed`, `image.unreadable`
   */
  async readAttention({ run, image }: Params<'compare.attention'>): Promise<Result<'compare.attention'>> {
    const record = findRun(this.#store.db, run);
    requireFinished(this.#store.db, record);
    const levels = await this.#lookers.use(
      run,
      () => this.#loadNetworks(record),
      async ({ thread, inputSize }) => {
        const pixels = await this.#shelf.use(record.dataset, ({ files }) =>
          files.read(image, (bytes) => decodePixels(bytes, inputSize)),
        );
        try {
          return await thread.ask('look', { image: normalizePixels(pixels) });
        } finally {
          if (thread.hasEnded) this.#lookers.forget(run);
        }
      },
    );
    return {
      dataset: record.dataset,
      image,
      levels: levels.map(({ teacher, student }) => ({ teacher: toPlain(teacher), student: toPlain(student) })),
    };
  }

  /** Every finished run's measured networks, as points of accuracy against cost. */
  listPoints({ dataset }: Params<'compare.points'>): Result<'compare.points'> {
    return selectPoints(this.#store.db, dataset);
  }

  async close(): Promise<void> {
    await Promise.all([this.#predictions.clear(), this.#lookers.clear()]);
  }

  async #openPredictions({ id }: RunRecord): Promise<TestPredictions> {
    const bytes = await readArtifact(this.#store, id, PREDICTIONS);
    if (bytes) return decodePredictions(bytes);
    throw new DecantError(
      'run.incomplete',
      `Run ${id} was measured by an earlier version of Decant, which did not keep the predictions for each image; run it again to see them.`,
      { run: id },
    );
  }

  async #loadNetworks(record: RunRecord): Promise<Looker> {
    const { distill, data, teacher: wanted } = readRecipe(this.#store.db, record.id);
    if (wanted.onnx.file !== null)
      throw new DecantError(
        'run.incomplete',
        `The teacher of run ${record.id} is an ONNX file, so its layers cannot be shown; compare a run whose teacher is a Decant network.`,
        { run: record.id },
      );
    const source = { store: this.#store, id: record.id };
    const [teacher, student] = [await readModel(source, 'teacher'), await readModel(source, 'student')];
    if (!teacher || !student)
      throw new DecantError('run.incomplete', `The networks of run ${record.id} are gone; run it again.`, {
        run: record.id,
      });
    const distilled = findNeeds(distill).has('maps');
    const pairs = choosePairs(teacher.network, student.network, {
      pairs: distilled ? distill.pairs : null,
      levels: distill.levels,
    });
    const script = siblingModule(import.meta.url, './attention-thread');
    const thread = openThread<AttentionTasks>(script, { name: 'attention' });
    try {
      await thread.ask('load', { teacher, student, pairs });
      return { thread, inputSize: data.inputSize };
    } catch (error) {
      await thread.close();
      throw error;
    }
  }
}

function toPlain({ values, ...map }: AttentionMap) {
  return { ...map, values: Array.from(values) };
}
