import { z } from 'zod';

const count = z.int().min(0);
const milliseconds = z.number().min(0);

export const storeDiagnosisSchema = z.strictObject({
  /** Folder of store, runs and cache. */
  home: z.string(),
  /** `none`: nothing has been stored yet. */
  state: z.enum(['none', 'sound', 'unusable']),
  /** What is wrong, one sentence; null where nothing is. */
  problem: z.string().nullable(),
  runs: count,
  sizeBytes: count,
});
export type StoreDiagnosis = z.infer<typeof storeDiagnosisSchema>;

/** How fast a distillation step is: MobileNetV3-Large teaching MobileNetV2. */
export const stepSpeedSchema = z.strictObject({
  precision: z.enum(['f32', 'mixed']),
  /** Height and width of the images, pixels. */
  size: z.int().min(1),
  batch: z.int().min(1),
  /** Median of the steps that were timed. */
  stepMs: milliseconds,
  imagesPerSecond: z.number().min(0),
});
export type StepSpeed = z.infer<typeof stepSpeedSchema>;

export const backendDiagnosisSchema = z.strictObject({
  name: z.string(),
  /**
   * `ready`: it is there and computes rightly; `absent`: it is not available; `wrong`: it failed its self-test; `crashed`:
   * it ended its process, or did not answer.
   */
  state: z.enum(['ready', 'absent', 'wrong', 'crashed']),
  /** Whether `auto` takes it. */
  chosen: z.boolean(),
  /** Why it cannot be used, a clause; null where it is ready. */
  reason: z.string().nullable(),
  device: z.string().nullable(),
  /** 0 where it is not ours to say. */
  threads: count,
  /** Which build of its kernels it runs; null where there is one. */
  kernels: z.string().nullable(),
  selfTest: z
    .strictObject({
      /** Values and gradients compared with double-precision loops, up to the first that was wrong. */
      checks: count,
      /** Largest difference, relative to the largest number of its tensor. */
      maxError: z.number(),
      elapsedMs: milliseconds,
      /** Which operation failed, and how; null where none did. */
      failure: z.string().nullable(),
    })
    .nullable(),
  /** One for each precision that it offers. */
  speeds: z.array(stepSpeedSchema),
});
export type BackendDiagnosis = z.infer<typeof backendDiagnosisSchema>;

/** What `decant doctor` finds out about this machine; what a bug report should carry. Sizes are bytes, times milliseconds. */
export const diagnosisSchema = z.strictObject({
  /** Version of Decant. */
  decant: z.string(),
  node: z.string(),
  v8: z.string(),
  /** Operating system and processor family, with the release: "linux x64 6.1.0". */
  platform: z.string(),
  processor: z.string(),
  /** Threads that may run at once. */
  cores: z.int().min(1),
  memoryBytes: count,
  freeMemoryBytes: count,
  /** What this JavaScript engine can do that the back end `simd` asks for. */
  webAssembly: z.strictObject({ simd: z.boolean(), relaxedSimd: z.boolean(), sharedMemory: z.boolean() }),
  /** What exported files are checked in, with its version; null where it does not load. */
  onnxRuntime: z.string().nullable(),
  store: storeDiagnosisSchema,
  /** In the order in which `auto` tries them. */
  backends: z.array(backendDiagnosisSchema),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;
