import type * as engine from '../engine/index.ts';

/**
 * What the command line asks of the engine, as `engine/index.ts` has it; tests provide their own. Every method throws
 * DecantError for what it can name; `signal` stops at the next step (`run.stopped`).
 */
export type Engine = Pick<
  typeof engine,
  | 'inspect'
  | 'compress'
  | 'listRuns'
  | 'showRun'
  | 'deleteRun'
  | 'evaluateModel'
  | 'exportRun'
  | 'exportAll'
  | 'preparePhoneJob'
  | 'keepPhoneMeasurement'
  | 'benchmarkOnDevice'
  | 'measureLatency'
  | 'listLatencyTables'
  | 'forgetLatencyTable'
  | 'sweep'
  | 'work'
  | 'bench'
  | 'doctor'
  | 'repairStore'
  | 'countLostRuns'
  | 'demo'
  | 'listWeights'
  | 'downloadWeights'
  | 'removeWeights'
>;

export type Backend = engine.CompressOptions['backend'];
/** `auto`: the fastest that works here. */
export const BACKENDS = ['auto', 'simd', 'webgpu', 'tensorflow', 'cpu'] as const satisfies readonly Backend[];

/** Those of a queue's jobs: by name, since each computes other bits. */
export const JOB_BACKENDS = BACKENDS.filter((name) => name !== 'auto');

export const BENCHMARKS = ['step', 'inference', 'data'] as const satisfies readonly engine.BenchOptions['what'][];
