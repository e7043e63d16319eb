import type { RunPlan } from '../../../shared/ipc/topics/runs.ts';
import { THIS_DEVICE } from '../../../shared/run/latency-table.ts';
import { formatMilliseconds, formatShare } from '../../../shared/text/format.ts';

type Table = NonNullable<RunPlan['latency']>['tables'][number];

/** What the goal is when it is switched on, as a share of the full student's milliseconds. */
const USUAL = 0.6;
/** The most that can be asked for, as a share of the same. */
const MOST_SAVED = 0.9;

/** Bounds of what can be asked for in milliseconds, and what is asked for first. */
export function boundLatency({ fullMs }: Table): { min: number; max: number; usual: number } {
  return { min: round((1 - MOST_SAVED) * fullMs), max: round(fullMs), usual: round(USUAL * fullMs) };
}

/** What a table's milliseconds are called in a list: "ms on this computer, fp32 (this-tflite-fp32)". */
export function nameLatencyUnit({ table, device, precision }: Table): string {
  const where = device === THIS_DEVICE ? 'this computer' : device;
  return `ms on ${where}, ${precision} (${table})`;
}

/** What the full student takes, and how far predictions may be off. */
export function explainLatency({ fullMs, runtime, medianError }: Table): string {
  const full = `For one image in ${runtime}. The full student is predicted to take ${formatMilliseconds(fullMs)}.`;
  return medianError === null
    ? `${full} How far predictions are off was not measured.`
    : `${full} Half of the predictions are off by more than ${formatShare(medianError)}.`;
}

function round(ms: number): number {
  return Number(ms.toPrecision(3));
}
