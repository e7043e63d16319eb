import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ANSWER_CACHE_FORM, type AnswerIndex } from '../../../shared/stored/dataset-forms.ts';
import { readStored, writeStored } from '../../../shared/stored/form.ts';
import { describeWriteFailure, writeFileAtomically } from '../core/atomic-file.ts';
import { systemClock } from '../core/clock.ts';
import { makeFolder } from '../core/make-folder.ts';
import { hasRoom, makeRoom, markUse, nextUseTag } from '../data/index.ts';
import type { TeacherAnswer } from './teacher.ts';

/** Bytes of a number, and of a row's checksum. */
const NUMBER_BYTES = 4;

interface AnswerFileOptions {
  readonly folder: string;
  readonly key: string;
  /** Of the dataset. */
  readonly images: number;
  readonly limitBytes: number;
  /** Hears what all rows take, in bytes, once that is known, and whether there is room for them. */
  readonly onDecided: (neededBytes: number, kept: boolean) => void;
}

/**
 * A teacher's answers about one view of a dataset: `<key>.pixels` with one row for each image, and beside it `<key>.json`,
 * which says what a row holds. A row begins with a checksum of its numbers, so one that was never written, only in part, or
 * was damaged is noticed and asked for again. Whoever writes a row writes the same bytes, so several may at the same time.
 */
export class AnswerFile {
  readonly #options: AnswerFileOptions;
  readonly #release: () => Promise<unknown>;
  /** What a row holds; undefined: not known yet; null: there is no room for rows. */
  #layout: AnswerIndex | null | undefined;

  private constructor(
    options: AnswerFileOptions,
    release: () => Promise<unknown>,
    layout: AnswerIndex | null | undefined,
  ) {
    this.#options = options;
    this.#release = release;
    this.#layout = layout;
  }

  /** The caller closes it, and as long keeps it from being deleted. @throws DecantError `output.unwritable` */
  static async open(options: AnswerFileOptions): Promise<AnswerFile> {
    const { folder, key, images, onDecided } = options;
    makeFolder(folder);
    const release = await markUse(folder, key, { tag: nextUseTag(), nowMs: systemClock.now() });
    const layout = await readIndex(join(folder, `${key}.json`));
    const sizeBytes = await stat(join(folder, `${key}.pixels`)).then(
      ({ size }) => size,
      () => 0,
    );
    const known = layout?.images === images && sizeBytes === answerBytes(layout) ? layout : undefined;
    if (known) onDecided(sizeBytes, true);
    return new AnswerFile(options, release, known);
  }

  /** See `AnswerCache.answer`. */
  async answer(
    indices: Int32Array,
    ask: (places: readonly number[]) => Promise<TeacherAnswer>,
  ): Promise<TeacherAnswer | null> {
    if (this.#layout === null) return null;
    const everything = Array.from(indices.keys());
    if (this.#layout === undefined) {
      const answer = await ask(everything);
      const layout = describeRow(answer, { size: indices.length, images: this.#options.images });
      this.#layout = (await this.#begin(layout)) ? layout : null;
      if (this.#layout) await this.#write(indices, splitRows(answer, indices.length));
      return answer;
    }
    const rows = await this.#read(indices);
    const missing = everything.filter((place) => rows[place] === null);
    if (missing.length > 0) {
      const asked = splitRows(await ask(missing), missing.length);
      for (const [i, place] of missing.entries()) rows[place] = asked[i]!;
      await this.#write(
        Int32Array.from(missing, (place) => indices[place]!),
        asked,
      );
    }
    return joinRows(this.#layout, rows as Float32Array[]); // None is null any more.
  }

  async close(): Promise<void> {
    await this.#release();
  }

  get #path(): string {
    return join(this.#options.folder, `${this.#options.key}.pixels`);
  }

  /** Makes room for rows of all images, and takes it; false: there is not enough. */
  async #begin(layout: AnswerIndex): Promise<boolean> {
    const { folder, key, limitBytes, onDecided } = this.#options;
    const neededBytes = answerBytes(layout);
    const need = { key, neededBytes, limitBytes };
    const kept = await hasRoom(folder, need);
    onDecided(neededBytes, kept);
    if (!kept) return false;
    await makeRoom(folder, need);
    await this.#withFile(async (file) => {
      if ((await file.stat()).size !== neededBytes) await file.truncate(neededBytes);
    });
    const index = JSON.stringify(writeStored(ANSWER_CACHE_FORM, layout));
    await writeFileAtomically(join(folder, `${key}.json`), index);
    return true;
  }

  async #write(indices: Int32Array, rows: readonly Float32Array[]): Promise<void> {
    await this.#withFile(async (file) => {
      for (const [i, numbers] of rows.entries()) {
        const bytes = Buffer.alloc(NUMBER_BYTES * (1 + numbers.length));
        new Float32Array(bytes.buffer, bytes.byteOffset + NUMBER_BYTES, numbers.length).set(numbers);
        bytes.writeUInt32LE(crc32(bytes.subarray(NUMBER_BYTES)));
        await file.write(bytes, 0, bytes.length, indices[i]! * bytes.length);
      }
    });
  }

  /** Rows of some images, null where there is no whole one. */
  async #read(indices: Int32Array): Promise<(Float32Array | null)[]> {
    const length = rowLength(this.#layout!); // The caller has one.
    return this.#withFile((file) =>
      Promise.all(
        Array.from(indices, async (index) => {
          const bytes = Buffer.alloc(NUMBER_BYTES * (1 + length));
          const { bytesRead } = await file.read(bytes, 0, bytes.length, index * bytes.length);
          if (bytesRead < bytes.length || bytes.readUInt32LE() !== crc32(bytes.subarray(NUMBER_BYTES))) return null;
          return new Float32Array(bytes.buffer, bytes.byteOffset + NUMBER_BYTES, length);
        }),
      ),
    );
  }

  /** Opens the file for a moment: views are many, and each is looked at for one epoch at a time. */
  async #withFile<T>(work: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
    try {
      const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT);
      try {
        return await work(file);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw describeWriteFailure('the cache of the teacher’s answers', error);
    }
  }
}

/** Bytes of the answers for one view of a dataset. */
export function answerBytes(layout: AnswerIndex): number {
  return NUMBER_BYTES * (1 + rowLength(layout)) * layout.images;
}

async function readIndex(path: string): Promise<AnswerIndex | null> {
  try {
    const reading = readStored(ANSWER_CACHE_FORM, JSON.parse(await readFile(path, 'utf8')));
    return reading.ok ? reading.value : null;
  } catch {
    return null; // Absent or unreadable: it is written again.
  }
}

function describeRow(answer: TeacherAnswer, { size, images }: { size: number; images: number }): AnswerIndex {
  return {
    images,
    logits: answer.logits.length / size,
    taps: [...answer.taps].map(([name, { shape }]) => ({ name, shape: shape.slice(1) })),
    embedding: answer.embedding ? answer.embedding.values.length / size : 0,
  };
}

function rowLength({ logits, taps, embedding }: AnswerIndex): number {
  return taps.reduce((sum, { shape }) => sum + sizeOf(shape), logits + embedding);
}

/** What is answered about each image, as one row of numbers. */
function splitRows({ logits, taps, embedding }: TeacherAnswer, size: number): Float32Array[] {
  const parts = [logits, ...[...taps.values()].map(({ values }) => values), ...(embedding ? [embedding.values] : [])];
  return Array.from({ length: size }, (_, row) => {
    const numbers = new Float32Array(parts.reduce((sum, part) => sum + part.length / size, 0));
    let at = 0;
    for (const part of parts) {
      const length = part.length / size;
      numbers.set(part.subarray(row * length, (row + 1) * length), at);
      at += length;
    }
    return numbers;
  });
}

function joinRows({ logits, taps, embedding }: AnswerIndex, rows: readonly Float32Array[]): TeacherAnswer {
  let at = 0;
  const take = (shape: readonly number[]) => {
    const length = sizeOf(shape);
    const values = new Float32Array(rows.length * length);
    for (const [row, numbers] of rows.entries()) values.set(numbers.subarray(at, at + length), row * length);
    at += length;
    return { shape: [rows.length, ...shape], values };
  };
  return {
    logits: take([logits]).values,
    taps: new Map(taps.map(({ name, shape }) => [name, take(shape)])),
    embedding: embedding > 0 ? take([embedding]) : null,
  };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
