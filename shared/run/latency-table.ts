import { z } from 'zod';

/** Measured latencies of the pieces of networks, of one device and one way to run them. */

/** Runtimes in which pieces are timed, by the format of the files that they run. */
export const LATENCY_FORMATS = ['tflite', 'onnx'] as const;
export const LATENCY_PRECISIONS = ['fp32', 'fp16', 'int8'] as const;

/** Names a table, in recipes, files and on the command line. */
export const LATENCY_NAME = /^[a-z0-9][a-z0-9._-]{0,59}$/i;
/** What this machine is called where nobody names it. */
export const THIS_DEVICE = 'this';

/** How often the list of pieces is gone through by default, and most often. */
export const LATENCY_ROUNDS = { usual: 5, most: 50 } as const;
/** Whole networks that check a prediction by default, and at most. */
export const LATENCY_CHECKS = { usual: 12, most: 200 } as const;

const milliseconds = z.number().positive();

/** A whole network that was exported and timed, beside what the table predicts of it. */
const checkSchema = z.strictObject({
  macs: z.int().min(0),
  predictedMs: z.number(),
  measuredMs: milliseconds,
});

/** A network that a table can predict, with all that can be cut from it. */
const measuredNetworkSchema = z.strictObject({
  /** "MobileNetV2, 64 × 64 pixels". */
  title: z.string(),
  /** Pieces at all widths, and how many of these no other network brought before. */
  pieces: z.int().min(0),
  measuredAt: z.iso.datetime(),
  /** The network before any cut. */
  full: checkSchema.nullable(),
  /** The same with random widths. */
  checks: z.array(checkSchema),
});
export type MeasuredNetwork = z.infer<typeof measuredNetworkSchema>;

export const latencyTableSchema = z.strictObject({
  name: z.string().regex(LATENCY_NAME),
  /** What measured, as its owner calls it. */
  device: z.string().min(1).max(60),
  /** Its processor and system, in words. */
  machine: z.string().max(300),
  format: z.enum(LATENCY_FORMATS),
  precision: z.enum(LATENCY_PRECISIONS),
  threads: z.int().min(1),
  /** With version, device and threads. */
  runtime: z.string(),
  createdAt: z.iso.datetime(),
  measuredAt: z.iso.datetime(),
  networks: z.array(measuredNetworkSchema),
  /** By structure and widths: the median of each round, milliseconds at batch 1. */
  pieces: z.record(z.string(), z.array(milliseconds).max(LATENCY_ROUNDS.most)),
});
export type LatencyTable = z.infer<typeof latencyTableSchema>;

/** What a run keeps of a table when it begins, so that it goes on alike whatever is measured later. */
export const frozenLatencySchema = latencyTableSchema
  .pick({ device: true, machine: true, format: true, precision: true, threads: true, runtime: true, measuredAt: true })
  .extend({
    table: z.string(),
    /** Of predictions of whole networks, as a share; null where it was not measured. */
    medianError: z.number().min(0).nullable(),
    /** Milliseconds by structure and widths: those of the run's student alone. */
    pieces: z.record(z.string(), milliseconds),
  });
export type FrozenLatency = z.infer<typeof frozenLatencySchema>;

/** What lists show of a table. */
export type LatencyTableSummary = Omit<LatencyTable, 'pieces'> & {
  pieces: number;
  /** Of all networks with random widths; null where none was timed. */
  medianError: number | null;
};

/** What a table is called where nobody names it. */
export function nameLatencyTable({
  device,
  format,
  precision,
  threads,
}: Pick<LatencyTable, 'device' | 'format' | 'precision' | 'threads'>): string {
  return [device, format, precision, ...(threads > 1 ? [`${threads}t`] : [])].join('-');
}

/** By how much a prediction is off, as a share of what was measured. */
export function errorOf({ predictedMs, measuredMs }: { predictedMs: number; measuredMs: number }): number {
  return Math.abs(predictedMs / measuredMs - 1);
}

/** The middle of the errors on networks with random widths; null of none. */
export function medianErrorOf(networks: readonly Pick<MeasuredNetwork, 'checks'>[]): number | null {
  const errors = networks.flatMap(({ checks }) => checks.map(errorOf)).sort((a, b) => a - b);
  if (errors.length === 0) return null;
  const middle = (errors.length - 1) / 2;
  return (errors[Math.floor(middle)]! + errors[Math.ceil(middle)]!) / 2;
}
