import { z } from 'zod';

const count = z.int().min(0);
const milliseconds = z.number().min(0);

export const storeDiagnosisSchema = z.strictObject({
  /** Folder of store, runs and cache. */
  home: z.string(),
  /** `none`: nothing has been stored yet. */
  state: z.enum(['none', 'sound', 'unusable']),
  /** What is wrong, one sentence; null if nothing is. */
  problem: z.string().nullable(),
  runs: count,
  /** Of which only their folders know, or know a newer state than the store. */
  lostRuns: count,
  sizeBytes: count,
});
export type StoreDiagnosis = z.infer<typeof storeDiagnosisSchema>;

/** Speed of a distillation step: MobileNetV3-Large teaches MobileNetV2. */
export const stepSpeedSchema = z.strictObject({
  precision: z.enum(['f32', 'mixed']),
  /** Height and width of the images, pixels. */
  size: z.int().min(1),
  batch: z.int().min(1),
  /** Median of the timed steps. */
  stepMs: milliseconds,
  imagesPerSecond: z.number().min(0),
});
export type StepSpeed = z.infer<typeof stepSpeedSchema>;

export const backendDiagnosisSchema = z.strictObject({
  name: z.string(),
  /**
   * `ready`: available and correct; `absent`: not available; `wrong`: failed its self-test; `crashed`: ended its process or
   * did not respond.
   */
  state: z.enum(['ready', 'absent', 'wrong', 'crashed']),
  /** Whether `auto` chooses it. */
  chosen: z.boolean(),
  /** Why it cannot be used, as a clause; null if it is ready. */
  reason: z.string().nullable(),
  device: z.string().nullable(),
  /** 0 if Decant does not control them. */
  threads: count,
  /** Which build of its kernels it runs; null if it has only one. */
  kernels: z.string().nullable(),
  selfTest: z
    .strictObject({
      /** Number of values and gradients compared with double-precision loops, up to the first wrong one. */
      checks: count,
      /** Largest difference, relative to the largest value in its tensor. */
      maxError: z.number(),
      elapsedMs: milliseconds,
      /** Which operation failed, and how; null if none did. */
      failure: z.string().nullable(),
    })
    .nullable(),
  /** One for each supported precision. */
  speeds: z.array(stepSpeedSchema),
});
export type BackendDiagnosis = z.infer<typeof backendDiagnosisSchema>;

/** What `decant doctor` finds out about this machine, and what a bug report needs. Sizes in bytes, times in milliseconds. */
export const diagnosisSchema = z.strictObject({
  /** Version of Decant. */
  decant: z.string(),
  node: z.string(),
  v8: z.string(),
  /** Operating system and processor family, with the release: "linux x64 6.1.0". */
  platform: z.string(),
  processor: z.string(),
  /** Number of hardware threads. */
  cores: z.int().min(1),
  memoryBytes: count,
  freeMemoryBytes: count,
  /** Features of this JavaScript engine that the back end `simd` needs. */
  webAssembly: z.strictObject({ simd: z.boolean(), relaxedSimd: z.boolean(), sharedMemory: z.boolean() }),
  /** Version of the runtime that checks exported files; null if it does not load. */
  onnxRuntime: z.string().nullable(),
  store: storeDiagnosisSchema,
  /** In the order in which `auto` tries them. */
  backends: z.array(backendDiagnosisSchema),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;
