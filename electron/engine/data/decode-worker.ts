/** A thread that reads and decodes images. See decode-pool.ts. */
import { createHash } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { DecantError } from '../core/errors.ts';
import { answerTasks } from '../core/tasks/answer-tasks.ts';
import { Moved } from '../core/tasks/task.ts';
import { type ByteLocation, ByteReader } from './byte-location.ts';
import { decodePixels, readImageFacts } from './decode-image.ts';
import type { DecodedImage, DecodeSettings, DecodeTasks } from './decode-pool.ts';
import { describeLook } from './look.ts';

const { archive, inputSize, looks } = workerData as DecodeSettings; // What decodeAll passes.
const EXAMINED_SIZE = 32;
/** Images at a time: while one is with the decoding library's threads, this one reads the next. */
const IN_FLIGHT = 2;
const reader = new ByteReader(archive);
const rowBytes = inputSize === null ? 0 : inputSize * inputSize * 3;

const tasks: DecodeTasks = {
  async decode({ locations, spare }, { signal }) {
    const pixels = takeMemory(locations.length * rowBytes, spare);
    const images = new Array<DecodedImage>(locations.length);
    const waiting = locations.entries();
    const decodeInTurn = async () => {
      for (const [row, location] of waiting) {
        signal.throwIfAborted();
        images[row] = await decode(location, pixels, row);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, decodeInTurn));
    return new Moved({ images, pixels }, [pixels.buffer]);
  },
};

answerTasks(tasks);

/** Decodes an image into its row, or examines it. Only what is wrong with the image itself is an answer. */
async function decode(location: ByteLocation, pixels: Uint8Array, row: number): Promise<DecodedImage> {
  try {
    const bytes = reader.read(location);
    if (inputSize === null) return await examine(bytes);
    pixels.set(await decodePixels(bytes, inputSize), row * rowBytes);
    return { ok: true, facts: null };
  } catch (error) {
    if (!(error instanceof DecantError && error.code === 'image.unreadable')) throw error;
    return { ok: false, reason: error.message };
  }
}

/** Zeros in the spare memory if it fits, else in new memory. */
function takeMemory(bytes: number, spare: ArrayBuffer | null): Uint8Array<ArrayBuffer> {
  return spare?.byteLength === bytes ? new Uint8Array(spare).fill(0) : new Uint8Array(bytes);
}

async function examine(bytes: Buffer): Promise<DecodedImage> {
  const facts = await readImageFacts(bytes);
  const pixels = await decodePixels(bytes, EXAMINED_SIZE); // What cannot be prepared later is to be reported now.
  const look = looks ? describeLook(pixels, EXAMINED_SIZE) : null;
  return { ok: true, facts: { ...facts, sha256: createHash('sha256').update(bytes).digest('hex'), look } };
}
