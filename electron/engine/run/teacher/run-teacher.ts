import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { findNeeds } from '../../../../shared/run/methods.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { DecantError } from '../../core/errors.ts';
import { choosePairs, type FeaturePair, pairWithValues } from '../../distill/index.ts';
import type { Network } from '../../model/index.ts';
import { AnswerCache, keepAnswers, openNetworkTeacher, openOnnxTeacher, type Teacher } from '../../teacher/index.ts';
import type { Distillation } from '../../train/index.ts';
import type { Model } from '../context/models.ts';

export interface FileTeacherOptions {
  readonly recipe: Recipe;
  /** Names of the dataset's classes; null: they are not compared with the file's. */
  readonly classes: readonly string[] | null;
  /** The student before any cut. */
  readonly student: Network;
  /** Where answers are kept, and of what images they are; null: nowhere. */
  readonly kept: {
    readonly folder: string;
    readonly limitBytes: number | null | undefined;
    readonly dataset: string;
    readonly images: number;
  } | null;
}

/** The file of a recipe's teacher; null if it is a Decant network. */
export function findTeacherFile({ teacher }: Recipe): string | null {
  return teacher.onnx.file;
}

/**
 * The feature maps that a recipe compares; none where no method does.
 *
 * @param teacher null where it is a file, whose values the recipe names
 * @param student before any cut
 * @throws DecantError `recipe.invalid` for names that there are not
 */
export function pairFeatures({ distill }: Recipe, teacher: Network | null, student: Network): FeaturePair[] {
  if (!findNeeds(distill).has('maps')) return [];
  return teacher ? choosePairs(teacher, student, distill) : pairWithValues(student, distill.pairs ?? []);
}

/**
 * Opens the ONNX file that a recipe names as its teacher; null where it names none. The caller closes it.
 *
 * @throws DecantError `weights.unreadable`, `model.unreadable`, `weights.mismatch`, `recipe.invalid`
 */
export async function openFileTeacher(options: FileTeacherOptions): Promise<Teacher | null> {
  const { recipe, classes, student, kept } = options;
  const { file, ...normalization } = recipe.teacher.onnx;
  if (file === null) return null;
  const bytes = await readTeacherFile(file);
  const { inputSize } = recipe.data;
  const taps = listTeacherTaps(pairFeatures(recipe, null, student));
  const name = basename(file);
  const teacher = await openOnnxTeacher(bytes, {
    name,
    classes,
    inputSize: [inputSize, inputSize],
    normalization,
    taps,
  });
  if (!kept) return teacher;
  try {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const identity = JSON.stringify([sha256, normalization, kept.dataset, inputSize, taps, classes]);
    return keepAnswers(teacher, await AnswerCache.open({ ...kept, identity }));
  } catch (error) {
    await teacher.close();
    throw error;
  }
}

/** A trained Decant network as a run's teacher. The caller closes it. */
export function openOwnTeacher(recipe: Recipe, model: Model, student: Network): Teacher {
  return openNetworkTeacher(model, listTeacherTaps(pairFeatures(recipe, model.network, student)));
}

/** What a recipe distils from an open teacher into a student, `student` before any cut. */
export function distilFrom(teacher: Teacher, recipe: Recipe, student: Network): Distillation {
  return {
    teacher,
    settings: recipe.distill,
    pairs: pairFeatures(recipe, teacher.model?.network ?? null, student),
    plain: isPlain(recipe),
  };
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

function listTeacherTaps(pairs: readonly FeaturePair[]): string[] {
  return [...new Set(pairs.map((pair) => pair.teacher))];
}

/** Whether training sees images as they are in the dataset. */
export function isPlain({ data: { augmentation } }: Recipe): boolean {
  const { crop, flip, colorJitter, erasing, mixup, cutmix } = augmentation;
  return crop === 'none' && !flip && colorJitter === 0 && erasing === 0 && mixup === 0 && cutmix === 0;
}
