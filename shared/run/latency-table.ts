import { z } from 'zod';

/** Measured latencies of the pieces of networks, of one device and one way to run them. */

/** Runtimes in which pieces are timed, by the format of the files that they run. */
export const LATENCY_FORMATS = ['tflite', 'onnx'] as const;
/** What counts of several timings. The fastest is what a device takes that does nothing else, and comes again on another day. */
export const LATENCY_STATISTICS = ['median', 'fastest'] as const;
export type LatencyStatistic = (typeof LATENCY_STATISTICS)[number];
export const LATENCY_PRECISIONS = ['fp32', 'fp16', 'int8'] as const;

/** Names a table, in recipes, files and on the command line. */
export const LATENCY_NAME = /^[a-z0-9][a-z0-9._-]{0,59}$/i;
/** What this machine is called where nobody names it. */
export const THIS_DEVICE = 'this';

/** How often the list of pieces is gone through by default, and most often. */
export const LATENCY_ROUNDS = { usual: 5, most: 50 } as const;
/** Whole networks that check a prediction by default, and at most. */
export const LATENCY_CHECKS = { usual: 12, most: 200 } as const;
/** Other whole networks that a prediction is corrected by. */
export const LATENCY_CALIBRATIONS = 8;

const milliseconds = z.number().positive();

/** A whole network that was exported and timed, beside the sum of its pieces. */
const checkSchema = z.strictObject({
  macs: z.int().min(0),
  /** Before the correction. */
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
  /** The same with random widths, which tell how good predictions are. */
  checks: z.array(checkSchema),
  /** Others with random widths, by which predictions are corrected. */
  calibration: z.array(checkSchema).default([]),
});
/** A whole network beside its prediction. */
type Check = z.infer<typeof checkSchema>;
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
  /** What counts of a turn's timings, and of the turns. */
  statistic: z.enum(LATENCY_STATISTICS).default('median'),
  createdAt: z.iso.datetime(),
  measuredAt: z.iso.datetime(),
  networks: z.array(measuredNetworkSchema),
  /** By structure and widths: what counted in each round, milliseconds at batch 1. */
  pieces: z.record(z.string(), z.array(milliseconds).max(LATENCY_ROUNDS.most)),
});
export type LatencyTable = z.infer<typeof latencyTableSchema>;

/** What a run keeps of a table when it begins, so that it goes on alike whatever is measured later. */
export const frozenLatencySchema = latencyTableSchema
  .pick({
    device: true,
    machine: true,
    format: true,
    precision: true,
    threads: true,
    runtime: true,
    statistic: true,
    measuredAt: true,
  })
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

/**
 * What sums of pieces are multiplied by. Alone, a piece finds its weights and maps in the processor's caches, and in the whole
 * network it does not; whole networks with random widths tell what that costs on a device. 1 where none were timed.
 */
export function correctionOf(networks: readonly Pick<MeasuredNetwork, 'calibration'>[]): number {
  const ratios = networks.flatMap(({ calibration }) =>
    calibration
      .filter(({ predictedMs }) => predictedMs > 0)
      .map(({ predictedMs, measuredMs }) => measuredMs / predictedMs),
  );
  return medianOf(ratios) ?? 1;
}

/** By how much a prediction is off, as a share of what was measured. */
export function errorOf({ predictedMs, measuredMs }: Check, correction: number): number {
  return Math.abs((correction * predictedMs) / measuredMs - 1);
}

/** The middle of the errors on networks with random widths, of which none corrects the prediction; null of none. */
export function medianErrorOf(networks: readonly Pick<MeasuredNetwork, 'checks' | 'calibration'>[]): number | null {
  const correction = correctionOf(networks);
  return medianOf(networks.flatMap(({ checks }) => checks.map((check) => errorOf(check, correction))));
}

/** Between the two in the middle of an even number; null of none. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
