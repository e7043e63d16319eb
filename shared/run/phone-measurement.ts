import { z } from 'zod';
import { latencySchema } from './report.ts';

/** What measured files of a run's student on a phone's browser, and what came of it. */

/** What a browser computes with. */
export const ACCELERATORS = ['wasm', 'webgpu'] as const;
export type Accelerator = (typeof ACCELERATORS)[number];
/** The same, and TFLite itself, which `adb` runs on a device. */
const MEANS = [...ACCELERATORS, 'native'] as const;
export const ACCELERATOR_TITLES: Readonly<Record<(typeof MEANS)[number], string>> = {
  wasm: 'WebAssembly',
  webgpu: 'WebGPU',
  native: 'TFLite’s benchmark_model',
};

/** Longest name of a device, characters. */
export const LONGEST_DEVICE = 60;
/** Most images that a phone is given, and most bytes of them: it gets them over the air. */
export const MOST_PHONE_IMAGES = 256;
export const MOST_PIXEL_BYTES = 24_000_000;
/** Inferences that are not timed, timings at most, and how long all timings of a file may take. */
export const PHONE_TIMING = { warmUp: 20, runs: 200, limitMs: 10_000 } as const;

const count = z.int().min(0);
const fraction = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const device = z.string().trim().min(1).max(LONGEST_DEVICE);
const reason = z.string().max(300);

/** A file of the student in one runtime of the browser. */
const phoneResultSchema = z.strictObject({
  format: z.string(),
  precision: z.string(),
  /** Of the file. */
  sha256,
  accelerator: z.enum(MEANS),
  /** With version and threads: "ONNX Runtime Web 1.30.0, WebAssembly, 1 thread". */
  runtime: z.string(),
  /** One image at a time, from pixels in memory to logits in memory. */
  latencyMs: latencySchema,
  /** 1000 / latencyMs.p50. */
  fps: z.number().min(0),
  /** Timings, and inferences before them that were not timed. */
  timings: count,
  warmUp: count,
  /** Inferences that were timed together, where the browser's clock is too coarse for one. */
  perTiming: z.int().min(1),
  /** Test images classified; none where it was only timed. */
  images: count,
  top1: fraction.nullable(),
  /** Share of the images of which the phone said what this computer says with the same file. */
  agreement: fraction.nullable(),
});
export type PhoneResult = z.infer<typeof phoneResultSchema>;

export const phoneMeasurementSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** As its owner calls it. */
  device,
  /** What the browser says that it is. */
  description: z.string().max(300),
  measuredAt: z.iso.datetime(),
  results: z.array(phoneResultSchema),
  /** What did not work, and why, in the browser's words. */
  failures: z.array(z.strictObject({ format: z.string(), precision: z.string(), accelerator: z.enum(MEANS), reason })),
});
export type PhoneMeasurement = z.infer<typeof phoneMeasurementSchema>;

/** What a phone sends. It is not trusted: figures are computed here, from single times and guesses. */
export const phoneAnswerSchema = z.strictObject({
  device,
  results: z
    .array(
      z.strictObject({
        /** Place in the list of files that the phone was given. */
        file: count.max(99),
        accelerator: z.enum(ACCELERATORS),
        /** Of the runtime. */
        version: z.string().regex(/^[\w.+-]{1,40}$/),
        threads: z.int().min(1).max(256),
        warmUp: count.max(10_000),
        perTiming: z.int().min(1).max(100_000),
        /** Milliseconds of one inference, a number for each timing. */
        timesMs: z.array(z.number().min(0).max(600_000)).min(1).max(PHONE_TIMING.runs),
        /** The best guess for each image. */
        guesses: z.array(count.max(1_000_000)).max(MOST_PHONE_IMAGES),
      }),
    )
    .max(100),
  failures: z.array(z.strictObject({ file: count.max(99), accelerator: z.enum(ACCELERATORS), reason })).max(100),
});
export type PhoneAnswer = z.infer<typeof phoneAnswerSchema>;

/** What a phone is told about its task. */
export const phoneTaskSchema = z.strictObject({
  /** Of the run. */
  title: z.string(),
  /** Pixels a side. */
  inputSize: z.int().min(1),
  images: count,
  timing: z.strictObject({ warmUp: count, runs: count, limitMs: count }),
  files: z.array(
    z.strictObject({
      name: z.string(),
      format: z.string(),
      precision: z.string(),
      bytes: count,
      /** Addresses of what it consists of, by their names there. */
      parts: z.record(z.string(), z.string()),
    }),
  ),
});
export type PhoneTask = z.infer<typeof phoneTaskSchema>;

/** What a phone is answered: the figures of each result, in the order of its own. */
export type PhoneReceipt = Pick<PhoneMeasurement, 'results'>;
