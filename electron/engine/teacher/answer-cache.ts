import { createHash } from 'node:crypto';
import { DEFAULT_CACHE_LIMIT_BYTES } from '../data/index.ts';
import { AnswerFile } from './answer-file.ts';
import type { ImageView, TeacherAnswer } from './teacher.ts';

/** Raise it when augmentations or a forward pass come to other bits: older answers are then not used. */
const ANSWER_VERSION = 2;

export interface AnswerCacheOptions {
  /** With the caches of decoded images, within whose limit answers stay. */
  readonly folder: string;
  readonly limitBytes: number | null | undefined;
  /** Of the dataset. */
  readonly images: number;
  /** Everything that decides what is answered about an image as it is: dataset, size, teacher, what is asked for. */
  readonly identity: string;
  /** Everything that decides how images of a numbered view are augmented. */
  readonly augmentation: string;
  /** Hears once what the answers for one view take, in bytes, and whether they are kept. */
  readonly onDecided?: ((decision: AnswerDecision) => void) | undefined;
}

export interface AnswerDecision {
  readonly viewBytes: number;
  readonly limitBytes: number;
  readonly kept: boolean;
}

/** What is asked about: images by their index in the dataset, and what they show. */
export interface AnswerKey {
  readonly view: ImageView;
  readonly indices: Int32Array;
}

/**
 * A teacher's answers on disk, each under the one key (dataset, teacher, augmentation, view, image). Runs share them, also at
 * the same time. There is a file for each view; it is made room for, and deleted, like a cache of decoded images. One that does
 * not fit beside what is in use is not kept.
 */
export class AnswerCache {
  readonly #options: AnswerCacheOptions;
  readonly #limitBytes: number;
  readonly #files = new Map<ImageView, Promise<AnswerFile>>();
  readonly #decided = new Set<boolean>();

  constructor(options: AnswerCacheOptions) {
    this.#options = options;
    this.#limitBytes = options.limitBytes ?? DEFAULT_CACHE_LIMIT_BYTES;
  }

  /**
   * The answers for some images; null where they are not kept.
   *
   * @param ask answers those that are not there yet, given as places in `indices`
   */
  async answer(
    { view, indices }: AnswerKey,
    ask: (places: readonly number[]) => Promise<TeacherAnswer>,
  ): Promise<TeacherAnswer | null> {
    const file = this.#files.get(view) ?? this.#open(view);
    this.#files.set(view, file);
    return (await file).answer(indices, ask);
  }

  /** Lets other runs' answers and images take the room. */
  async close(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    for (const file of await Promise.allSettled(files)) if (file.status === 'fulfilled') await file.value.close();
  }

  #open(view: ImageView): Promise<AnswerFile> {
    const { folder, images, identity, augmentation, onDecided } = this.#options;
    const shown = view === 'plain' ? [view] : [augmentation, view];
    const key = createHash('sha256')
      .update(JSON.stringify(['answers', ANSWER_VERSION, identity, ...shown]))
      .digest('hex')
      .slice(0, 32);
    const limitBytes = this.#limitBytes;
    return AnswerFile.open({
      folder,
      key,
      images,
      limitBytes,
      onDecided: (viewBytes, kept) => {
        if (this.#decided.has(kept)) return;
        this.#decided.add(kept);
        onDecided?.({ viewBytes, limitBytes, kept });
      },
    });
  }
}
