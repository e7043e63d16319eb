import { type ConvolutionStep, type DenseStep, listSteps } from '../lowering/index.ts';
import { foldBatchNorm, type Weights } from '../model/index.ts';
import { fromHalf, toHalf } from './half.ts';
import type { ExportRequest, Reference } from './request.ts';

/** What becomes of a layer's numbers when they are stored. */
export interface Rounding {
  weight(step: ConvolutionStep | DenseStep): Float32Array;
  bias(step: ConvolutionStep | DenseStep): Float32Array;
}

const toHalfAndBack = (values: Float32Array) => fromHalf(toHalf(values));

/** To 16 bits. */
export const HALF: Rounding = {
  weight: (step) => toHalfAndBack(step.weight.values),
  bias: (step) => toHalfAndBack(step.bias),
};

/** The network with exactly the numbers that a file of rounded weights holds, batch norm folded. */
export function roundWeights(request: ExportRequest, rounding: Rounding): Reference {
  const { network, weights } = foldBatchNorm(request.network, request.weights);
  const rounded: Weights = new Map(weights);
  for (const step of listSteps(request.network, request.weights).steps) {
    if ((step.op !== 'conv' && step.op !== 'dense') || step.node === null) continue;
    rounded.set(`${step.node}/weight`, { shape: step.weight.shape, values: rounding.weight(step) });
    const bias = weights.get(`${step.node}/bias`);
    // A layer without bias keeps none: its zeros are stored exactly.
    if (bias)
      rounded.set(`${step.node}/bias`, {
        shape: bias.shape,
        values: rounding.bias(step).map((value) => value - step.shift),
      });
  }
  return { network, weights: rounded };
}
