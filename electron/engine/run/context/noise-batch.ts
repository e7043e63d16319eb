import type { Random } from '../../core/random.ts';
import type { TrainingBatch } from '../../teacher/index.ts';

/** Normally distributed pixels and one-hot targets, of the first images of a dataset. */
export function drawBatch(options: { size: number; batch: number; classes: number; random: Random }): TrainingBatch {
  const { size, batch, classes, random } = options;
  const targets = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i++) targets[i * classes + random.integer(classes)] = 1;
  const images = Float32Array.from({ length: batch * size * size * 3 }, () => random.normal());
  return { size: batch, images, targets, indices: Int32Array.from({ length: batch }, (_, index) => index) };
}
