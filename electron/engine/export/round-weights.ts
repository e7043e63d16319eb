import { foldBatchNorm, type HostTensor, type Network, type Weights } from '../model/index.ts';
import type { ExportRequest } from './exporter.ts';
import { fromHalf, toHalf } from './half.ts';
import { listSteps } from './steps.ts';

/** A network whose logits an exported file has to give. */
export interface Reference {
  network: Network;
  weights: Weights;
}

/** The network with exactly the numbers that a file of 16-bit weights holds, batch norm folded. */
export function roundWeights(request: ExportRequest): Reference {
  const { network, weights } = foldBatchNorm(request.network, request.weights);
  const rounded: Weights = new Map(weights);
  for (const step of listSteps(request.network, request.weights).steps) {
    if ((step.op !== 'conv' && step.op !== 'dense') || step.node === null) continue;
    rounded.set(`${step.node}/weight`, { shape: step.weight.shape, values: round(step.weight.values) });
    const bias = round(step.bias).map((value) => value - step.shift);
    setBias(rounded, step.node, { shape: [bias.length], values: bias });
  }
  return { network, weights: rounded };
}

/** A layer without bias keeps none: its zeros are stored exactly. */
function setBias(weights: Weights, node: string, bias: HostTensor): void {
  if (weights.has(`${node}/bias`)) weights.set(`${node}/bias`, bias);
}

function round(values: Float32Array): Float32Array {
  return fromHalf(toHalf(values));
}
