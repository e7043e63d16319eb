import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { DecantError } from '../../core/errors.ts';
import { type FeaturePair, findNeeds, pairWithValues } from '../../distill/index.ts';
import type { Network } from '../../model/index.ts';
import type { AskedTeacher, TeacherAnswer } from '../../teacher/index.ts';
import { AnswerCache, type OnnxTeacher, openOnnxTeacher } from '../../teacher/index.ts';

/** Images that a teacher is asked about. */
export interface AskedImages {
  /** `[size, height, width, 3]`, normalized. */
  readonly images: Float32Array;
  readonly size: number;
  /** Where each image stands in its dataset; without it nothing is remembered. */
  readonly indices?: Int32Array;
}

/** A classifier of another make, in a file, as a run's teacher: it is used as it is. The owner calls `close`. */
export interface RunTeacher extends Omit<OnnxTeacher, 'answer'> {
  /** Of the file. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly pairs: readonly FeaturePair[];
  /**
   * Logits and feature maps.
   *
   * @param plain whether the images are as they are in the dataset, so that what was answered once holds for ever
   */
  answer(images: AskedImages, plain: boolean): Promise<TeacherAnswer>;
}

export interface RunTeacherOptions {
  readonly recipe: Recipe;
  readonly classes: readonly string[];
  /** The whole student. */
  readonly student: Network;
  /** Where answers are kept, and of what images they are; null: nowhere. */
  readonly kept: {
    readonly folder: string;
    readonly limitBytes: number | null | undefined;
    readonly dataset: string;
    readonly images: number;
  } | null;
}

/** The file of a recipe's teacher; null where it is a network of ours. */
export function findTeacherFile({ teacher }: Recipe): string | null {
  return teacher.onnx.file;
}

/**
 * Opens the ONNX file that a recipe names as its teacher; null where it names none.
 *
 * @throws DecantError `weights.unreadable`, `model.unreadable`, `weights.mismatch`, `recipe.invalid`
 */
export async function openRunTeacher({
  recipe,
  classes,
  student,
  kept,
}: RunTeacherOptions): Promise<RunTeacher | null> {
  const { file, ...normalization } = recipe.teacher.onnx;
  if (file === null) return null;
  const bytes = await readTeacherFile(file);
  const { inputSize } = recipe.data;
  const pairs = findNeeds(recipe.distill).levels ? pairWithValues(student, recipe.distill.pairs ?? []) : [];
  const taps = [...new Set(pairs.map((pair) => pair.teacher))];
  const teacher = await openOnnxTeacher(bytes, { classes, inputSize: [inputSize, inputSize], normalization, taps });
  try {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const identity = JSON.stringify([sha256, normalization, kept?.dataset, inputSize, taps, classes]);
    const cache = kept && (await AnswerCache.open({ ...kept, identity }));
    return {
      ...teacher,
      name: basename(file),
      sizeBytes: bytes.byteLength,
      pairs,
      answer: (asked, plain) => {
        const ask = () => teacher.answer(asked.images, asked.size);
        return cache && plain && asked.indices ? cache.answer(asked.indices, ask) : ask();
      },
      async close() {
        await cache?.close();
        await teacher.close();
      },
    };
  } catch (error) {
    await teacher.close();
    throw error;
  }
}

/** A run's teacher as a student's training asks it: once for each image where no augmentation changes it, else for each batch. */
export function teachWith(teacher: RunTeacher, recipe: Recipe): AskedTeacher {
  const plain = isPlain(recipe);
  const { pairs, channels } = teacher;
  return { settings: recipe.distill, pairs, channels, ask: (batch) => teacher.answer(batch, plain) };
}

/** @throws DecantError `weights.unreadable` */
export function readTeacherFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DecantError(
      'weights.unreadable',
      `The teacher ${path} cannot be read (${error.code}); check teacher.onnx.file.`,
      { path, code: error.code },
      { cause: error },
    );
  });
}

/** Whether training sees images as they are. */
function isPlain({ data: { augmentation } }: Recipe): boolean {
  const { crop, flip, colorJitter, erasing, mixup, cutmix } = augmentation;
  return crop === 'none' && !flip && colorJitter === 0 && erasing === 0 && mixup === 0 && cutmix === 0;
}
