import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunListener } from '../../../../shared/run/events.ts';
import type { EvaluationResult } from '../../../../shared/run/results.ts';
import { listSome, shorten } from '../../../../shared/text/shorten.ts';
import { startCompute, stopCompute } from '../../compute/index.ts';
import { DecantError } from '../../core/errors.ts';
import { isRunId } from '../../core/ids.ts';
import { Random } from '../../core/random.ts';
import { type Batch, batches, type Dataset, openDataset, type PixelCache, preparePixels } from '../../data/index.ts';
import { EXPORTERS, evaluateExport, openDescribed } from '../../export/index.ts';
import type { Evaluation } from '../../measure/index.ts';
import { importWeights, parseClassifier } from '../../model/index.ts';
import { findDataset, openStoreForReading, readRecipe, requireReadable } from '../../store/index.ts';
import { openRun } from '../book/runs.ts';
import { untilStopped } from '../context/batches.ts';
import { withCacheFolder } from '../context/cache-place.ts';
import { evaluateNetwork } from '../context/inference.ts';
import { readModel } from '../context/kept-models.ts';
import type { Model } from '../context/models.ts';
import { cacheOptions, progressListener } from '../context/run-context.ts';
import { findSplits } from '../context/splits.ts';

const LARGEST_BATCH_BYTES = 2 ** 26;

/** Something that classifies, and what it is known to classify. */
interface Target {
  readonly architecture: string;
  readonly inputSize: number;
  /** Null where the file does not say. */
  readonly classes: readonly string[] | null;
  readonly classCount: number;
  /** The images of this dataset that it was not trained on; null where nothing is known about that. */
  unseen(fingerprint: string, cache: PixelCache): Int32Array | null;
  run(images: AsyncIterable<Batch>): Promise<{ evaluation: Evaluation; runtime: string }>;
}

export interface EvaluateOptions {
  readonly home: string;
  /** Id of a run, or path of an ONNX file or of a folder with a network description and its weights. */
  readonly target: string;
  /** Path of the dataset. */
  readonly dataset: string;
  /** Limit for all decoded images in the home, bytes; null: 20 GB. */
  readonly cacheLimitBytes?: number | null;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
}

/**
 * Measures a run's student, an exported ONNX file or a folder with a network and its weights on a dataset: on the test
 * images that the run held back where it is the run's own dataset, else on its `test` folder, else on all of it.
 *
 * @throws DecantError `run.unknown`, `model.unreadable`, `weights.unreadable`; `dataset.classes` when the classes differ
 */
export async function evaluateModel({
  home,
  target: name,
  dataset: path,
  cacheLimitBytes,
  listener,
  signal,
}: EvaluateOptions): Promise<EvaluationResult> {
  const target = await openTarget(home, name);
  const dataset = await openDataset(path, { signal });
  try {
    checkClasses(name, target, dataset);
    return await withCacheFolder(home, async (cacheFolder) => {
      const cache = await preparePixels(dataset, {
        inputSize: target.inputSize,
        unlabelled: false,
        ...cacheOptions(home, cacheLimitBytes, listener),
        cacheFolder,
        listener: progressListener(listener),
        signal,
      });
      try {
        const { split, indices } = chooseImages(
          dataset,
          cache,
          target.unseen(await dataset.fingerprint(signal), cache),
        );
        const images = batches(cache, indices, {
          batch: chooseBatch(target.inputSize),
          classes: dataset.classes.length,
          augmentation: null,
          random: new Random(0),
          epoch: 0,
          shuffle: false,
        });
        const { evaluation, runtime } = await target.run(untilStopped(images, { signal }));
        return {
          target: name,
          architecture: target.architecture,
          dataset: dataset.name,
          split,
          images: evaluation.images,
          top1: evaluation.top1,
          top5: evaluation.top5,
          perClass: evaluation.perClass.map((row, label) => ({ name: dataset.classes[label]!, ...row })),
          confusion: evaluation.confusion,
          runtime,
        };
      } finally {
        await cache.close();
      }
    });
  } finally {
    await dataset.close();
  }
}

/** Images at a time: fewer of large ones, which would fill memory. */
function chooseBatch(inputSize: number): number {
  return Math.max(1, Math.min(128, Math.floor(LARGEST_BATCH_BYTES / (inputSize * inputSize * 3 * 4))));
}

function chooseImages(
  dataset: Dataset,
  cache: PixelCache,
  unseen: Int32Array | null,
): { split: string; indices: Int32Array } {
  if (unseen) return { split: 'test', indices: unseen };
  const all = cache.readable(Int32Array.from(dataset.images, (_, index) => index));
  const test = all.filter((index) => dataset.images[index]!.split === 'test');
  return test.length > 0 ? { split: 'test', indices: test } : { split: 'all', indices: all };
}

async function openTarget(home: string, name: string): Promise<Target> {
  const entry = await stat(name).catch(() => null);
  if (entry?.isDirectory()) return openFolder(name);
  if (entry) return openFile(name);
  if (isRunId(name)) return openRunTarget(home, name);
  throw new DecantError(
    'run.unknown',
    `${JSON.stringify(name)} is neither a run's id nor a file or folder; "decant runs" lists all runs.`,
    { target: name },
  );
}

async function openRunTarget(home: string, run: string): Promise<Target> {
  const { store, record } = openRun(home, run);
  try {
    requireReadable(store.db, record.id);
    const student = await readModel({ store, id: record.id }, 'student');
    if (!student) throw new DecantError('run.unknown', `Run ${run} has no student yet; let it finish first.`, { run });
    const recipe = readRecipe(store.db, record.id);
    const known = findDataset(store.db, record.dataset);
    return {
      ...describeTarget(student),
      classes: known?.classes ?? null,
      unseen: (fingerprint, cache) => {
        if (fingerprint !== known?.fingerprint) return null;
        const reopened = openStoreForReading(home);
        try {
          return (reopened && findSplits(reopened, record.dataset, recipe, cache)?.test) ?? null;
        } finally {
          reopened?.close();
        }
      },
    };
  } finally {
    store.close();
  }
}

async function openFolder(folder: string): Promise<Target> {
  const description = await readText(join(folder, 'network.json'));
  let parsed: unknown;
  try {
    parsed = JSON.parse(description);
  } catch (error) {
    throw new DecantError(
      'network.invalid',
      `${join(folder, 'network.json')} is not JSON (${shorten((error as Error).message, 200)}); use a folder that Decant wrote.`,
      { folder },
    );
  }
  const network = parseClassifier(parsed);
  const bytes = await readBytes(join(folder, 'weights.safetensors'));
  const { weights, replacedHead } = importWeights(network, bytes, new Random(0));
  if (replacedHead)
    throw new DecantError(
      'weights.mismatch',
      `The weights in ${folder} have a different number of classes from its network.json (${network.classes}); use a folder as Decant wrote it.`,
      { folder },
    );
  return { ...describeTarget({ network, weights }), classes: null, unseen: () => null };
}

async function openFile(path: string): Promise<Target> {
  const exporter = Object.values(EXPORTERS).find(({ extension }) => path.toLowerCase().endsWith(extension));
  if (!exporter)
    throw new DecantError(
      'model.unreadable',
      `${path} cannot be evaluated; use a file that ends in ${Object.values(EXPORTERS)
        .map(({ extension }) => extension)
        .join(', ')}.`,
      { path },
    );
  const bytes = await readBytes(path);
  const { description, file } = await openDescribed(exporter, bytes);
  await file.close();
  const { architecture, classes, preprocessing } = description;
  return {
    architecture,
    inputSize: preprocessing.inputSize[0],
    classes,
    classCount: classes.length,
    unseen: () => null,
    run: async (images) => {
      const { runtime, ...evaluation } = await evaluateExport({ exporter, bytes, batches: images });
      return { evaluation, runtime };
    },
  };
}

/** A network of Decant's, which needs no file to be asked. */
function describeTarget(model: Model): Pick<Target, 'architecture' | 'inputSize' | 'classCount' | 'run'> {
  return {
    architecture: model.network.architecture,
    inputSize: model.network.inputSize[0],
    classCount: model.network.classes,
    run: async (images) => {
      await startCompute();
      try {
        const { runtime, ...evaluation } = await evaluateNetwork(model, images);
        return { evaluation, runtime };
      } finally {
        await stopCompute();
      }
    },
  };
}

function checkClasses(name: string, { classes, classCount }: Target, dataset: Dataset): void {
  const same = classes
    ? classes.length === dataset.classes.length && classes.every((label, i) => label === dataset.classes[i])
    : classCount === dataset.classes.length;
  if (same) return;
  const expected = classes ? `${classes.length} (${listSome(classes)})` : String(classCount);
  throw new DecantError(
    'dataset.classes',
    `${basename(name)} has different classes from ${dataset.name}: ${expected} instead of ${dataset.classes.length} (${listSome(dataset.classes)}); use a dataset with the same class folders.`,
    { expected: classes ?? classCount, found: dataset.classes },
  );
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path));
}

function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DecantError('model.unreadable', `${path} cannot be read (${error.code}); check the path.`, { path });
  });
}
