/** What `decant doctor` finds out about this machine; what a bug report should carry. Sizes are bytes, times milliseconds. */
export interface Diagnosis {
  /** Version of Decant. */
  decant: string;
  node: string;
  v8: string;
  /** Operating system and processor family, with the release: "linux x64 6.1.0". */
  platform: string;
  processor: string;
  /** Threads that may run at once. */
  cores: number;
  memoryBytes: number;
  freeMemoryBytes: number;
  /** What this JavaScript engine can do that the back end `simd` asks for. */
  webAssembly: { simd: boolean; relaxedSimd: boolean; sharedMemory: boolean };
  /** What exported files are checked in, with its version; null where it does not load. */
  onnxRuntime: string | null;
  store: StoreDiagnosis;
  /** In the order in which `auto` tries them. */
  backends: BackendDiagnosis[];
}

export interface StoreDiagnosis {
  /** Folder of store, runs and cache. */
  home: string;
  /** `none`: nothing has been stored yet. */
  state: 'none' | 'sound' | 'unusable';
  /** What is wrong, one sentence; null where nothing is. */
  problem: string | null;
  runs: number;
  sizeBytes: number;
}

export interface BackendDiagnosis {
  name: string;
  /**
   * `ready`: it is there and computes rightly; `absent`: it is not to be had; `wrong`: it failed its self-test; `crashed`:
   * it ended its process, or did not answer.
   */
  state: 'ready' | 'absent' | 'wrong' | 'crashed';
  /** Whether `auto` takes it. */
  chosen: boolean;
  /** Why it cannot be used, a clause; null where it is ready. */
  reason: string | null;
  device: string | null;
  /** 0 where it is not ours to say. */
  threads: number;
  /** Which build of its kernels it runs; null where there is one. */
  kernels: string | null;
  selfTest: {
    /** Values and gradients compared with double-precision loops, up to the first that was wrong. */
    checks: number;
    /** Largest difference, relative to the largest number of its tensor. */
    maxError: number;
    elapsedMs: number;
    /** Which operation failed, and how; null where none did. */
    failure: string | null;
  } | null;
  /** One for each precision that it offers. */
  speeds: StepSpeed[];
}

/** How fast a distillation step is: MobileNetV3-Large teaching MobileNetV2. */
export interface StepSpeed {
  precision: 'f32' | 'mixed';
  /** Height and width of the images, pixels. */
  size: number;
  batch: number;
  /** Median of the steps that were timed. */
  stepMs: number;
  imagesPerSecond: number;
}
