import type { NetworkNode } from './network.ts';
import { sizeOf } from './parameter-specs.ts';
import type { HostTensor } from './weights.ts';

/** The shape that PyTorch gives a parameter of our shape: `[out, in, kernel, kernel]`, `[out, in]`, or the same. */
export function torchShape(op: NetworkNode['op'], shape: readonly number[]): readonly number[] {
  if (shape.length === 2) return shape.toReversed();
  if (shape.length !== 4) return shape;
  const [height, width, inChannels, outChannels] = shape as [number, number, number, number];
  return op === 'depthwise' ? [inChannels, 1, height, width] : [outChannels, inChannels, height, width];
}

/** Brings numbers from PyTorch's layout to ours, which has shape `shape`. */
export function fromTorchLayout(op: NetworkNode['op'], shape: readonly number[], source: Float32Array): HostTensor {
  const values = new Float32Array(sizeOf(shape));
  if (shape.length === 4) {
    // PyTorch's order is [out, in, pixel]; a depthwise filter's channel stands first there, third here.
    const [height, width, thirdLength, fourthLength] = shape as [number, number, number, number];
    const pixels = height * width;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let third = 0; third < thirdLength; third++) {
        for (let fourth = 0; fourth < fourthLength; fourth++) {
          const row = op === 'depthwise' ? third : fourth * thirdLength + third;
          values[(pixel * thirdLength + third) * fourthLength + fourth] = source[row * pixels + pixel]!;
        }
      }
    }
  } else if (shape.length === 2) {
    const [inFeatures, outFeatures] = shape as [number, number];
    for (let i = 0; i < inFeatures; i++) {
      for (let o = 0; o < outFeatures; o++) values[i * outFeatures + o] = source[o * inFeatures + i]!;
    }
  } else {
    values.set(source);
  }
  return { shape, values };
}
