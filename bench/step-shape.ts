/** A step of training that benchmarks time, and its short form: `distill:32x64s1`. */
import type { BenchedStep } from '../electron/engine/run/bench/bench-step.ts';

export interface StepShape {
  readonly what: BenchedStep;
  /** Height and width of the images, pixels. */
  readonly size: number;
  readonly batch: number;
  /** Stride of both networks' first convolution. */
  readonly stemStride: 1 | 2;
}

const SHORT_FORM = /^(?:(distill|teacher):)?([1-9]\d*)x([1-9]\d*)(?:s([12]))?$/;

/**
 * Reads `[distill:|teacher:]SIZExBATCH[s1|s2]`; without them distillation, and the stride 2 of the architectures.
 *
 * @throws Error when the text is something else
 */
export function parseStepShape(text: string): StepShape {
  const [, what, size, batch, stride] = SHORT_FORM.exec(text) ?? [];
  if (size === undefined || batch === undefined) {
    throw new Error(`"${text}" is no step; write what:size x batch, for example distill:32x64 or teacher:64x64s1.`);
  }
  return {
    what: what === 'teacher' ? 'teacher' : 'distill',
    size: Number(size),
    batch: Number(batch),
    stemStride: stride === '1' ? 1 : 2,
  };
}

/** The short form; equal steps have the same. */
export function formatStepShape({ what, size, batch, stemStride }: StepShape): string {
  return `${what}:${size}x${batch}${stemStride === 1 ? 's1' : ''}`;
}

/** The step in words. */
export function describeStepShape({ what, size, batch, stemStride }: StepShape): string {
  return `${what} ${size}x${size}, batch ${batch}, ${stemStride === 1 ? 'stem stride 1' : 'default strides'}`;
}
