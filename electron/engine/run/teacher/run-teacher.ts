import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { findNeeds, learnsFromTeacher, METHODS, type MethodEntry } from '../../../../shared/run/methods.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { countLineEpochs } from '../../../../shared/run/stages.ts';
import { listMethodsWithoutLabels } from '../../../../shared/run/without-labels.ts';
import { formatBytes, formatPlural } from '../../../../shared/text/format.ts';
import { DecantError } from '../../core/errors.ts';
import { choosePairs, type FeaturePair, pairLastMaps, pairWithValues } from '../../distill/index.ts';
import { embeddingLength, featureShapes, type Network } from '../../model/index.ts';
import {
  AnswerCache,
  type AnswerDecision,
  answerBytes,
  keepAnswers,
  openNetworkTeacher,
  openOnnxTeacher,
  type Teacher,
} from '../../teacher/index.ts';
import type { Distillation } from '../../train/index.ts';
import { augmentationSeed, isPlain } from '../context/image-views.ts';
import type { Model } from '../context/models.ts';
import type { AnswerRoom } from '../context/run-context.ts';
import { fingerprintModel } from './fingerprint-model.ts';

export interface FileTeacherOptions {
  readonly recipe: Recipe;
  /** Names of the dataset's classes; null: they are not compared with the file's. */
  readonly classes: readonly string[] | null;
  /** The student before any cut. */
  readonly student: Network;
  /** Where answers are kept; null: nowhere. */
  readonly kept: AnswerRoom | null;
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

/** The last feature maps of both, where a method of the recipe compares them. */
function pairLast({ distill }: Recipe, teacher: Network | null, student: Network): FeaturePair | null {
  return teacher && findNeeds(distill).has('lastMaps') ? pairLastMaps(teacher, student) : null;
}

/** All feature maps that a recipe compares. Throws as `pairFeatures`. */
export function listCompared(recipe: Recipe, teacher: Network | null, student: Network): FeaturePair[] {
  const last = pairLast(recipe, teacher, student);
  return [...pairFeatures(recipe, teacher, student), ...(last ? [last] : [])];
}

function listTeacherTaps(recipe: Recipe, teacher: Network | null, student: Network): string[] {
  return [...new Set(listCompared(recipe, teacher, student).map((pair) => pair.teacher))];
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
  const taps = listTeacherTaps(recipe, null, student);
  const name = basename(file);
  const teacher = await openOnnxTeacher(bytes, {
    name,
    classes,
    inputSize: [inputSize, inputSize],
    normalization,
    taps,
    embedding: asksForEmbeddings(recipe),
  });
  if (!kept) return teacher;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return keepIn(kept, recipe, teacher, [sha256, normalization, classes]);
}

/**
 * A trained Decant network as a run's teacher. The caller closes it.
 *
 * @param kept where its answers are kept if images come again; null: nowhere
 */
export function openOwnTeacher(
  recipe: Recipe,
  model: Model,
  student: Network,
  kept: AnswerRoom | null = null,
): Teacher {
  const teacher = openNetworkTeacher(model, listTeacherTaps(recipe, model.network, student));
  if (!kept || recipe.distill.views === null) return teacher;
  return keepIn(kept, recipe, teacher, [fingerprintModel(model), kept.computedOn]);
}

/**
 * What the kept answers of a Decant network take of the cache: views, and bytes of each; null where none are kept.
 *
 * @param of `student`: before any cut; `images`: of the dataset
 */
export function measureAnswers(
  recipe: Recipe,
  teacher: Network,
  { student, images }: { student: Network; images: number },
): { views: number; viewBytes: number } | null {
  const { views } = recipe.distill;
  const epochs = countLineEpochs('student', recipe);
  if (views === null || epochs === 0 || !learnsFromTeacher(recipe.distill)) return null;
  const shapes = featureShapes(teacher);
  const viewBytes = answerBytes({
    images,
    logits: teacher.classes,
    taps: listTeacherTaps(recipe, teacher, student).map((name) => ({ name, shape: shapes.get(name)! })),
    embedding: findNeeds(recipe.distill).has('embeddings') ? embeddingLength(teacher) : 0,
  });
  return { views: isPlain(recipe) ? 1 : Math.min(views, epochs), viewBytes };
}

/** Whether embeddings are learned, beside labels or before. */
function asksForEmbeddings(recipe: Recipe): boolean {
  const early = listMethodsWithoutLabels(recipe).some((name) =>
    (METHODS[name] as MethodEntry).needs.includes('embeddings'),
  );
  return early || findNeeds(recipe.distill).has('embeddings');
}

/** @param identity what tells this teacher and its bits apart from others */
function keepIn(room: AnswerRoom, recipe: Recipe, teacher: Teacher, identity: readonly unknown[]): Teacher {
  const { dataset, images, note, folder, limitBytes } = room;
  const embedding = asksForEmbeddings(recipe);
  const asked = [dataset, recipe.data.inputSize, [...teacher.channels.keys()], embedding];
  const cache = new AnswerCache({
    folder,
    limitBytes,
    images,
    identity: JSON.stringify([...identity, ...asked]),
    augmentation: augmentationSeed(recipe, dataset),
    onDecided: (decision) => note(describeDecision(decision, images)),
  });
  return keepAnswers(teacher, cache, { embedding });
}

function describeDecision({ viewBytes, limitBytes, kept }: AnswerDecision, images: number): string {
  const taken = `Its answers for one view of ${formatPlural(images, 'image')} take ${formatBytes(viewBytes)} of the cache`;
  const limit = `there is no room for more within its limit of ${formatBytes(limitBytes)}`;
  return kept
    ? `The teacher answers each view of an image once. ${taken}.`
    : `The teacher answers some views of an image again in every epoch. ${taken}, and ${limit}, which --cache-limit raises.`;
}

/** What a recipe distils from an open teacher into a student, `student` before any cut. */
export function distilFrom(teacher: Teacher, recipe: Recipe, student: Network): Distillation {
  return {
    teacher,
    settings: recipe.distill,
    perImage: recipe.distill.perImage,
    pairs: pairFeatures(recipe, teacher.model?.network ?? null, student),
    lastMaps: pairLast(recipe, teacher.model?.network ?? null, student),
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
