import type { RunListener } from '../../shared/run/events.ts';
import type { DatasetInspection } from '../../shared/run/inspection.ts';
import type { EXPORT_FORMATS, PRECISIONS, Recipe } from '../../shared/run/recipe.ts';
import type { Report } from '../../shared/run/report.ts';
import type { EvaluationResult, ExportResult, RunDetail, RunSummary } from '../../shared/run/results.ts';

/**
 * What the command line asks of the engine. `engine/index.ts` provides it; tests provide their own.
 * Every method throws DecantError for what it can name; `signal` stops at the next step (`run.stopped`).
 */
export interface Engine {
  /** What a dataset holds, and what is wrong with it. */
  inspect(options: InspectOptions): Promise<DatasetInspection>;
  /** Makes a student out of a dataset; `resume` takes up a run where its last checkpoint left it. */
  compress(options: CompressOptions): Promise<Report>;
  /** Newest first. */
  listRuns(options: { home: string }): Promise<RunSummary[]>;
  /** @throws DecantError `run.unknown` */
  showRun(options: { home: string; run: string }): Promise<RunDetail>;
  /** Removes a run, its rows and its files. @throws DecantError `run.unknown` */
  deleteRun(options: { home: string; run: string }): Promise<void>;
  /** Measures a run's student, or a network in a file, on a dataset. */
  evaluateModel(options: EvaluateOptions): Promise<EvaluationResult>;
  /** Writes a finished run's student in a format of another tool. */
  exportRun(options: ExportOptions): Promise<ExportResult>;
  /** Times one part of the engine; the result is printed as JSON. */
  bench(options: BenchOptions): Promise<Record<string, unknown>>;
  /** Compresses pictures that Decant draws itself. */
  demo(options: DemoOptions): Promise<Report>;
}

export interface InspectOptions {
  path: string;
  home: string;
  listener: RunListener;
  signal: AbortSignal;
}

export interface CompressOptions {
  home: string;
  /** Path of the dataset; with `resume` null, or where it lies now. */
  dataset: string | null;
  /** Null with `resume`. */
  recipe: Recipe | null;
  /** Id of the run to take up; null: a new run. */
  resume: string | null;
  /** Folder for report, weights and exports; null: they stay in the home. */
  out: string | null;
  backend: Backend;
  /** Threads of the back end; null: as many as there are cores. */
  threads: number | null;
  listener: RunListener;
  signal: AbortSignal;
}

export type DemoOptions = Pick<CompressOptions, 'home' | 'backend' | 'threads' | 'listener' | 'signal'> & {
  out: string;
};

export interface EvaluateOptions {
  home: string;
  /** Id of a run, or path of an ONNX file or of a folder with a network description and its weights. */
  target: string;
  dataset: string;
  listener: RunListener;
  signal: AbortSignal;
}

export interface ExportOptions {
  home: string;
  run: string;
  format: (typeof EXPORT_FORMATS)[number];
  precision: (typeof PRECISIONS)[number];
  out: string;
  signal: AbortSignal;
}

/** `auto`: the fastest that works here. */
export const BACKENDS = ['auto', 'simd', 'webgpu', 'tensorflow', 'cpu'] as const;
export type Backend = (typeof BACKENDS)[number];

export const BENCHMARKS = ['step', 'inference', 'data'] as const;
export type Benchmark = (typeof BENCHMARKS)[number];

export interface BenchOptions {
  what: Benchmark;
  /** Height and width of the images, pixels. */
  size: number;
  batch: number;
  backend: Backend;
  /** Threads of the back end; null: as many as there are cores. */
  threads: number | null;
  /** Repetitions that are timed. */
  steps: number;
}
