import { availableParallelism } from 'node:os';
// On Linux with glibc, sharp's library must be loaded by the main thread before any worker loads it.
import 'sharp';
import { siblingModule } from '../core/sibling-module.ts';
import type { Task } from '../core/tasks/task.ts';
import { openThread } from '../core/tasks/task-client.ts';
import type { ByteLocation } from './byte-location.ts';
import { countImages, type Dataset, imageAt } from './dataset.ts';
import type { ImageFacts } from './decode-image.ts';
import type { Look } from './look.ts';

/** More threads would mostly wait for each other inside the decoding library. */
const MOST_THREADS = 8;
/** Starting another thread costs as much as decoding this many small images. */
const WORTH_A_THREAD = 100;

export interface DecodeSettings {
  /** The zip that locations point into; null for a folder. */
  archive: string | null;
  /** Height and width that images are brought to; null: they are examined, not kept. */
  inputSize: number | null;
  /** Whether those that are examined are described by their looks as well. */
  looks: boolean;
}

export interface DecodeParcel {
  locations: ByteLocation[];
  /** Memory of an earlier parcel, given back to be filled again: thousands of parcels would wait for garbage collection. */
  spare: ArrayBuffer | null;
}

export interface ExaminedFacts extends ImageFacts {
  sha256: string;
  /** Null where it has none, or nobody asked. */
  look: Look | null;
}

export type DecodedImage = { ok: true; facts: ExaminedFacts | null } | { ok: false; reason: string };

export interface DecodedParcel {
  images: DecodedImage[];
  /** `[images.length, inputSize, inputSize, 3]`, zeros where an image is broken; empty when they are examined. */
  pixels: Uint8Array<ArrayBuffer>;
}

export type DecodeTasks = { readonly decode: Task<DecodeParcel, DecodedParcel> };

export interface DecodeReply extends DecodedParcel {
  /** Index of the first image. */
  first: number;
}

/**
 * Sends all images of a dataset through decoding threads, in parcels, and hands every parcel to `receive`, in no certain
 * order; what `receive` does is waited for, so that parcels do not pile up.
 *
 * @throws DecantError `dataset.unreadable` or `dataset.changed` for a file that cannot be read or has changed; what `receive`
 * throws; the signal's reason once it is aborted
 */
export async function decodeAll(
  dataset: Pick<Dataset, 'path' | 'kind' | 'images' | 'unlabelled'>,
  options: {
    inputSize: number | null;
    /** Whether images that are examined are described by their looks as well; default: no. */
    looks?: boolean;
    receive: (reply: DecodeReply) => void | Promise<void>;
    /** Threads that decode; default: as many as there are cores, up to 8. */
    threads?: number | undefined;
    signal?: AbortSignal;
  },
): Promise<void> {
  const {
    inputSize,
    looks = false,
    receive,
    threads = Math.min(MOST_THREADS, availableParallelism()),
    signal,
  } = options;
  const settings: DecodeSettings = { archive: dataset.kind === 'zip' ? dataset.path : null, inputSize, looks };
  const total = countImages(dataset);
  const parcel = chooseParcel(total, inputSize, threads);
  let next = 0;
  const runThread = async (): Promise<void> => {
    const thread = openThread<DecodeTasks>(siblingModule(import.meta.url, './decode-worker'), {
      name: 'decode',
      data: settings,
      limits: { maxYoungGenerationSizeMb: 4 }, // Collects early: what is dropped are mostly bytes of images.
    });
    let spare: ArrayBuffer | null = null;
    try {
      while (next < total) {
        const first = next;
        next = Math.min(total, next + parcel);
        // Below the total, so there is an image.
        const locations = Array.from({ length: next - first }, (_, i) => imageAt(dataset, first + i)!.location);
        const move = spare ? [spare] : [];
        const decoded: DecodedParcel = await thread.ask('decode', { locations, spare }, { signal, move });
        await receive({ first, ...decoded });
        spare = decoded.pixels.buffer;
      }
    } catch (error) {
      next = total; // The other threads stop too.
      throw error;
    } finally {
      await thread.close();
    }
  };
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(threads, Math.ceil(total / WORTH_A_THREAD)) }, runThread),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Few images or big ones go in small parcels: progress is seen, and no parcel exceeds some 8 MB. */
function chooseParcel(total: number, inputSize: number | null, threads: number): number {
  const byMemory = inputSize === null ? 64 : Math.max(1, Math.floor(8e6 / (inputSize * inputSize * 3)));
  return Math.max(1, Math.min(64, byMemory, Math.ceil(total / (threads * 4))));
}
