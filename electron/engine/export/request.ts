import type { PRECISIONS } from '../../../shared/run/recipe.ts';
import type { Network, Weights } from '../model/index.ts';
import type { QuantizationPlan } from '../quantize/index.ts';

/** How a file stores its numbers: 32-bit floats, 16-bit floats, 8-bit integers, and these in its input and output too. */
export type Precision = (typeof PRECISIONS)[number];

export interface ExportRequest {
  network: Network;
  weights: Weights;
  /** Names of the classes, in the order of the logits. */
  classes: readonly string[];
  /** One of the exporter's; fp32 where it is not given. */
  precision?: Precision;
  /** What the network's logits are to be divided by for a calibrated softmax. Files say it, and do not apply it. */
  temperature?: number | null;
  /** What files that compute with integers need. */
  quantization?: QuantizationPlan;
}

/** A network whose logits an exported file has to give. */
export interface Reference {
  network: Network;
  weights: Weights;
}
