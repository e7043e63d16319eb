import type { Params, Result } from '../../../../../shared/ipc/contract.ts';
import { RECIPE_NETWORKS, type RecipeNetwork } from '../../../../../shared/run/roles.ts';
import { formatPlural } from '../../../../../shared/text/format.ts';
import { DecantError } from '../../../core/errors.ts';
import { Keeper } from '../../../core/keeper.ts';
import { limitParallel } from '../../../core/limit-parallel.ts';
import { decodePixels } from '../../../data/index.ts';
import { EXPORTERS, type OpenedExport } from '../../../export/index.ts';
import { type Likeness, measureUnlikeness, percentile, rankClasses, softmaxOf } from '../../../measure/index.ts';
import {
  findDataset,
  findRun,
  type ReadableStore,
  type RunRecord,
  readArtifact,
  readRecipe,
  readReport,
} from '../../../store/index.ts';
import { requireFinished } from '../../book/require-finished.ts';
import { readModel } from '../../context/kept-models.ts';
import { decodeLikeness, LIKENESS } from '../../context/likeness-file.ts';

const MOST_LOADED = 2;
const IDLE_MS = 120_000;
const GUESSES = 5;
const THREADS = 1;
/** Of each network, on the image that is shown. */
const TIMING = { runs: 20, warmUp: 3, limitMs: 1000 };

/** A run's networks as the files that it would export, loaded. */
interface Loaded {
  readonly inputSize: number;
  readonly classes: readonly string[];
  readonly networks: readonly LoadedNetwork[];
}

interface LoadedNetwork {
  readonly role: RecipeNetwork;
  readonly file: OpenedExport;
  /** Null for runs of earlier versions, as is the next. */
  readonly temperature: number | null;
  readonly likeness: Likeness | null;
}

/** The networks of finished runs, asked about single images. */
export class Classifier {
  readonly #store: ReadableStore;
  readonly #loaded = new Keeper<Loaded>({ limit: MOST_LOADED, idleMs: IDLE_MS, discard: unload });
  /** One after the other, so that they do not disturb each other's times. */
  readonly #inTurn = limitParallel(1);

  constructor(store: ReadableStore) {
    this.#store = store;
  }

  /**
   * Both networks' best guesses for an encoded image, prepared as in training, and how long they take.
   *
   * @throws DecantError `run.unknown`, `run.incomplete`, `image.unreadable`
   */
  classify({ run, bytes }: Params<'classify.image'>): Promise<Result<'classify.image'>> {
    const record = findRun(this.#store.db, run);
    requireFinished(this.#store.db, record);
    return this.#inTurn(() =>
      this.#loaded.use(
        run,
        () => this.#load(record),
        async (loaded) => {
          const pixels = await decode(bytes, loaded.inputSize);
          const opinions: Result<'classify.image'>['opinions'] = [];
          for (const network of loaded.networks)
            opinions.push({ role: network.role, ...(await ask(network, pixels, loaded.classes)) });
          return { opinions };
        },
      ),
    );
  }

  close(): Promise<void> {
    return this.#loaded.clear();
  }

  async #load({ id, dataset }: RunRecord): Promise<Loaded> {
    const { data, teacher } = readRecipe(this.#store.db, id);
    const classes = findDataset(this.#store.db, dataset)?.classes ?? [];
    const calibration = readReport(this.#store.db, id)?.calibration;
    const likeness = decodeLikeness(await readArtifact(this.#store, id, LIKENESS));
    const networks: LoadedNetwork[] = [];
    const loaded: Loaded = { inputSize: data.inputSize, classes, networks };
    try {
      for (const role of RECIPE_NETWORKS) {
        if (role === 'teacher' && teacher.onnx.file !== null) continue; // It is not a Decant network.
        const model = await readModel({ store: this.#store, id }, role);
        if (!model)
          throw new DecantError('run.incomplete', `Run ${id} has no ${role}; run it again.`, { run: id, role });
        const file = await EXPORTERS.onnx.open(EXPORTERS.onnx.write({ ...model, classes }), { threads: THREADS });
        const temperature = calibration?.[role]?.temperature ?? null;
        networks.push({ role, file, temperature, likeness: likeness[role] });
      }
      return loaded;
    } catch (error) {
      await unload(loaded);
      throw error;
    }
  }
}

async function unload({ networks }: Loaded): Promise<void> {
  for (const { file } of networks) await file.close();
}

async function decode(bytes: Uint8Array, inputSize: number): Promise<Uint8Array> {
  try {
    return await decodePixels(bytes, inputSize);
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    // It says the reason alone.
    const message = `The file cannot be classified: it ${error.message}; choose a JPEG, PNG, WebP or GIF image.`;
    throw new DecantError('image.unreadable', message, {}, { cause: error });
  }
}

async function ask(
  { file, temperature, likeness }: LoadedNetwork,
  pixels: Uint8Array,
  classes: readonly string[],
): Promise<Omit<Result<'classify.image'>['opinions'][number], 'role'>> {
  const logits = await file.run(pixels, 1);
  const times = await file.time(pixels, TIMING);
  const ranking = rankClasses(logits, GUESSES);
  const probabilities = softmaxOf(logits, ranking, temperature ?? 1);
  return {
    top: ranking.map((label, rank) => ({ name: classes[label]!, probability: probabilities[rank]! })),
    temperature,
    unlike: likeness && measureUnlikeness(likeness, logits) > likeness.threshold,
    latencyMs: { p50: percentile(times, 0.5), p95: percentile(times, 0.95) },
    runtime: `${file.runtime}, ${formatPlural(times.length, 'run')}`,
  };
}
