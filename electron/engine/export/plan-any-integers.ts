import { listSteps } from '../lowering/index.ts';
import { planWithin, type QuantizationPlan } from '../quantize/index.ts';
import type { ExportRequest } from './request.ts';

/** Integers for a file that is only timed: ranges that no image was needed for. */
export function planAnyIntegers({ network, weights }: ExportRequest): QuantizationPlan {
  return planWithin(listSteps(network, weights), [-6, 6]);
}
