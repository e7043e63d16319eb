import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describeWriteFailure } from '../core/atomic-file.ts';
import { systemClock } from '../core/clock.ts';
import { makeFolder } from '../core/make-folder.ts';
import { DEFAULT_CACHE_LIMIT_BYTES, makeRoom, markUse } from '../data/index.ts';
import type { TeacherAnswer } from './teacher.ts';

interface Room {
  /** Of the dataset. */
  readonly images: number;
  /** Makes room for rows of all images; false: there cannot be enough. */
  readonly makeRoom: (neededBytes: number) => Promise<boolean>;
}

/**
 * A teacher's answers on disk: one row for each image of the dataset, with a checksum before its numbers, so a row
 * that was never written, or only in part, is detected. It is stored with the caches of decoded images and deleted like them.
 */
export class AnswerCache {
  readonly #file: FileHandle;
  readonly #options: Room;
  readonly #release: () => Promise<unknown>;
  /** Parts of a row, known from the first answer on; null: rows would not fit. */
  #layout: { readonly name: string | null; readonly shape: readonly number[] }[] | null | undefined;

  private constructor(file: FileHandle, options: Room, release: () => Promise<unknown>) {
    this.#file = file;
    this.#options = options;
    this.#release = release;
  }

  /** @param options `identity`: everything that decides what is answered */
  static async open(options: {
    folder: string;
    limitBytes: number | null | undefined;
    images: number;
    identity: string;
  }): Promise<AnswerCache> {
    const { folder, images } = options;
    const limitBytes = options.limitBytes ?? DEFAULT_CACHE_LIMIT_BYTES;
    makeFolder(folder);
    const key = createHash('sha256').update(`answers ${options.identity}`).digest('hex').slice(0, 32);
    const path = join(folder, `${key}.pixels`);
    const file = await open(path, 'r+').catch(() =>
      open(path, 'w+').catch((error: unknown) => {
        throw describeWriteFailure(path, error);
      }),
    );
    const tag = `${process.pid.toString(16).padStart(8, '0')}a5ce`;
    const release = await markUse(folder, key, { tag, nowMs: systemClock.now() });
    return new AnswerCache(
      file,
      { images, makeRoom: (neededBytes) => fits(folder, { key, neededBytes, limitBytes }) },
      release,
    );
  }

  /** The answers for some images; `ask` is called for those not in the cache. */
  async answer(indices: Int32Array, ask: () => Promise<TeacherAnswer>): Promise<TeacherAnswer> {
    if (this.#layout === undefined) return this.#learn(indices, await ask());
    if (this.#layout === null) return ask();
    const rows = await Promise.all(Array.from(indices, (index) => this.#read(index)));
    if (rows.some((row) => row === null)) return this.#learn(indices, await ask());
    return this.#join(rows as Float32Array[], indices.length); // None is null.
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#release();
  }

  /** Keeps an answer. */
  async #learn(indices: Int32Array, answer: TeacherAnswer): Promise<TeacherAnswer> {
    const size = indices.length;
    if (this.#layout === undefined) {
      this.#layout = [
        { name: null, shape: [answer.logits.length / size] },
        ...[...answer.taps].map(([name, { shape }]) => ({ name, shape: shape.slice(1) })),
      ];
      if (!(await this.#options.makeRoom(4 * (1 + this.#rowLength) * this.#options.images))) {
        this.#layout = null;
        return answer;
      }
    }
    const parts = [answer.logits, ...[...answer.taps.values()].map(({ values }) => values)];
    for (const [row, index] of indices.entries()) {
      const numbers = new Float32Array(1 + this.#rowLength);
      let at = 1;
      for (const part of parts) {
        const length = part.length / size;
        numbers.set(part.subarray(row * length, (row + 1) * length), at);
        at += length;
      }
      const bytes = Buffer.from(numbers.buffer);
      bytes.writeUInt32LE(crc32(bytes.subarray(4)));
      await this.#file.write(bytes, 0, bytes.length, index * bytes.length).catch((error: unknown) => {
        throw describeWriteFailure('the cache of the teacher’s answers', error);
      });
    }
    return answer;
  }

  async #read(index: number): Promise<Float32Array | null> {
    const bytes = Buffer.alloc(4 * (1 + this.#rowLength));
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, index * bytes.length);
    if (bytesRead < bytes.length || bytes.readUInt32LE() !== crc32(bytes.subarray(4))) return null;
    return new Float32Array(bytes.buffer, bytes.byteOffset + 4, this.#rowLength);
  }

  #join(rows: readonly Float32Array[], size: number): TeacherAnswer {
    let at = 0;
    const parts = this.#layout!.map(({ name, shape }) => {
      const length = sizeOf(shape);
      const values = new Float32Array(size * length);
      for (const [row, numbers] of rows.entries()) values.set(numbers.subarray(at, at + length), row * length);
      at += length;
      return { name, shape: [size, ...shape], values };
    });
    const [logits, ...taps] = parts;
    return { logits: logits!.values, taps: new Map(taps.map(({ name, ...tap }) => [name!, tap])) }; // Taps have names.
  }

  get #rowLength(): number {
    return this.#layout!.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }
}

async function fits(folder: string, need: { key: string; neededBytes: number; limitBytes: number }): Promise<boolean> {
  if (need.neededBytes > need.limitBytes) return false;
  await makeRoom(folder, need);
  return true;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
