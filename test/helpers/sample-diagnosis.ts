import type { BackendDiagnosis, Diagnosis } from '../../shared/run/diagnosis.ts';

/** A made-up diagnosis: one back end in each state. */
export function createSampleDiagnosis(): Diagnosis {
  const unusable = { chosen: false, device: null, threads: 0, kernels: null, selfTest: null, speeds: [] };
  const backends: BackendDiagnosis[] = [
    {
      ...unusable,
      name: 'tensorflow',
      state: 'wrong',
      reason: 'it failed its self-test at dense 2x3 to 4, value: off by 1.0e+0 of its range',
      selfTest: { checks: 7, maxError: 1, elapsedMs: 12, failure: 'dense 2x3 to 4, value: off by 1.0e+0 of its range' },
    },
    { ...unusable, name: 'webgpu', state: 'absent', reason: 'there is no graphics card' },
    {
      name: 'simd',
      state: 'ready',
      chosen: true,
      reason: null,
      device: 'Example CPU',
      threads: 2,
      kernels: 'relaxed',
      selfTest: { checks: 126, maxError: 4e-7, elapsedMs: 180, failure: null },
      speeds: [
        { precision: 'f32', size: 32, batch: 64, stepMs: 80, imagesPerSecond: 800 },
        { precision: 'mixed', size: 32, batch: 64, stepMs: 40, imagesPerSecond: 1600 },
      ],
    },
    { ...unusable, name: 'cpu', state: 'crashed', reason: 'its process was ended by SIGSEGV' },
  ];
  return {
    decant: '0.1.0',
    node: '24.21.0',
    v8: '13.6.233',
    platform: 'linux x64 6.1.0',
    processor: 'Example CPU',
    cores: 2,
    memoryBytes: 8e9,
    freeMemoryBytes: 5e9,
    webAssembly: { simd: true, relaxedSimd: false, sharedMemory: true },
    onnxRuntime: 'onnxruntime-node 1.30.0',
    store: { home: '/home/of/decant', state: 'sound', problem: null, runs: 3, lostRuns: 0, sizeBytes: 120_000 },
    backends,
  };
}
