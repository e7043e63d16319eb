import type { Random } from '../../core/random.ts';
import type { Batch } from '../batch.ts';
import type { BatchAugmentation } from './augmentation.ts';

/**
 * Mixup (Zhang et al. 2018): every image and target becomes `lambda` of itself and `1 - lambda` of another of the batch,
 * lambda from Beta(mixup, mixup), one for the batch. With CutMix on too, batches take turns by a coin.
 */
export const mixup: BatchAugmentation = {
  name: 'mixup',
  isOn: (settings) => settings.mixup > 0,
  apply({ batch, classes }, settings, random) {
    if (chooseMix(settings, random) !== 'mixup') return;
    const draw = random.fork('mixup');
    const lambda = draw.beta(settings.mixup, settings.mixup);
    const partners = drawPartners(batch.size, draw);
    const values = batch.images.length / batch.size;
    const original = batch.images.slice();
    for (let row = 0; row < batch.size; row++) {
      const own = row * values;
      const other = partners[row]! * values;
      for (let i = 0; i < values; i++)
        batch.images[own + i] = lambda * original[own + i]! + (1 - lambda) * original[other + i]!;
    }
    mixTargets(batch, classes, partners, lambda);
  },
};

/**
 * CutMix (Yun et al. 2019): a rectangle of every image is replaced by the same one of another of the batch; targets are
 * mixed by the area that is really replaced.
 */
export const cutmix: BatchAugmentation = {
  name: 'cutmix',
  isOn: (settings) => settings.cutmix > 0,
  apply({ batch, classes, imageSize }, settings, random) {
    if (chooseMix(settings, random) !== 'cutmix') return;
    const draw = random.fork('cutmix');
    const side = imageSize * Math.sqrt(1 - draw.beta(settings.cutmix, settings.cutmix));
    const centreY = draw.integer(imageSize);
    const centreX = draw.integer(imageSize);
    const partners = drawPartners(batch.size, draw);
    const top = Math.max(0, Math.round(centreY - side / 2));
    const bottom = Math.min(imageSize, Math.round(centreY + side / 2));
    const left = Math.max(0, Math.round(centreX - side / 2));
    const right = Math.min(imageSize, Math.round(centreX + side / 2));
    const original = batch.images.slice();
    const values = imageSize * imageSize * 3;
    for (let row = 0; row < batch.size; row++)
      for (let y = top; y < bottom; y++) {
        const start = (y * imageSize + left) * 3;
        const end = (y * imageSize + right) * 3;
        const other = partners[row]! * values;
        batch.images.set(original.subarray(other + start, other + end), row * values + start);
      }
    mixTargets(batch, classes, partners, 1 - ((bottom - top) * (right - left)) / (imageSize * imageSize));
  },
};

function chooseMix(settings: { mixup: number; cutmix: number }, random: Random): 'mixup' | 'cutmix' {
  if (settings.mixup > 0 && settings.cutmix > 0) return random.fork('coin').next() < 0.5 ? 'mixup' : 'cutmix';
  return settings.mixup > 0 ? 'mixup' : 'cutmix';
}

function drawPartners(size: number, random: Random): Int32Array {
  return random.shuffle(Int32Array.from({ length: size }, (_, row) => row));
}

function mixTargets(batch: Batch, classes: number, partners: Int32Array, lambda: number): void {
  const { targets, labels } = batch;
  const original = targets.slice();
  const originalLabels = labels.slice();
  for (let row = 0; row < batch.size; row++) {
    const partner = partners[row]!;
    for (let c = 0; c < classes; c++)
      targets[row * classes + c] =
        lambda * original[row * classes + c]! + (1 - lambda) * original[partner * classes + c]!;
    if (lambda < 0.5) labels[row] = originalLabels[partner]!;
  }
}
