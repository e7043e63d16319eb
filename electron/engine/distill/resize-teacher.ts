import type * as tf from '@tensorflow/tfjs-core';
import { linearPlaces, meanPlaces, resample } from './resample.ts';

/**
 * A teacher's feature map `[batch, height, width, channels]` at the student's height and width: averaged over windows
 * where the sizes divide, else bilinear. The student's map is never resized, so that no gradient passes through here.
 * Returns the very same tensor when nothing is to be done; a new one is the caller's to dispose.
 */
export function resizeTeacher(teacher: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [, fromHeight, fromWidth] = teacher.shape;
  if (fromHeight === height && fromWidth === width) return teacher;
  const places = fromHeight % height === 0 && fromWidth % width === 0 ? meanPlaces : linearPlaces;
  return resample(teacher, places(fromHeight, height), places(fromWidth, width));
}
