import { DecantError } from '../core/errors.ts';
import { checkWeights, parameterSpecs } from '../model/index.ts';
import { chooseUnits, type QuantizationPlan } from '../quantize/index.ts';
import type { ExportRequest } from './request.ts';

/**
 * Makes sure that a request can be written as a file.
 *
 * @throws DecantError `network.invalid` for another number of names than classes, `weights.mismatch`
 */
export function checkRequest({ network, weights, classes }: ExportRequest): void {
  if (classes.length !== network.classes)
    throw new DecantError(
      'network.invalid',
      `The network has ${network.classes} classes, but ${classes.length} names were given for them.`,
      { classes: network.classes, names: classes.length },
    );
  checkWeights(parameterSpecs(network), weights);
}

/**
 * The integers that a request for 8 bits comes with, in the units that files are written in.
 *
 * @throws TypeError where there are none: `exportModel` chooses them
 */
export function planOf({ quantization }: ExportRequest): QuantizationPlan {
  if (!quantization) throw new TypeError('An 8-bit file needs a quantization plan; see quantizeNetwork.');
  return chooseUnits(quantization);
}
