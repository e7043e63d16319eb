import type { Splits } from '../../data/index.ts';

/** All images that may be learned from without their labels: those for training and those without a label, ascending. */
export function listWithoutLabels({ train, unlabelled }: Pick<Splits, 'train' | 'unlabelled'>): Int32Array {
  return Int32Array.from([...train, ...unlabelled]).sort();
}
