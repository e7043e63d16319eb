import type { ExportReport, Latency, ModelReport, Report } from './report.ts';
import type { Stage } from './stages.ts';

/** What the engine answers to requests other than a whole run. Shares are fractions, sizes bytes. */

export const RUN_STATES = ['running', 'interrupted', 'finished', 'stopped', 'failed'] as const;
/** `interrupted`: its process ended without a word; to be resumed. */
export type RunState = (typeof RUN_STATES)[number];

export interface RunSummary {
  id: string;
  dataset: string;
  state: RunState;
  /** ISO 8601, UTC. */
  createdAt: string;
  updatedAt: string;
  /** The stage that it is in or ended in; null before the first. */
  stage: Stage | null;
  /** One sentence why it failed; null otherwise. */
  failure: string | null;
  /** Test top-1 of the compressed student and of its teacher; null until the run is finished. */
  studentTop1: number | null;
  teacherTop1: number | null;
  /** Share of the unpruned student's FLOPs that was saved; null until the run is finished. */
  flopsReduction: number | null;
}

export interface RunDetail extends RunSummary {
  datasetPath: string;
  /** Folder with the run's own files: checkpoint, weights, exports. */
  folder: string;
  report: Report | null;
  /** The networks that were measured; none until the run is finished. */
  models: (ModelReport & { role: 'teacher' | 'baseline' | 'student' })[];
  /** The newest file of each format and precision, its path absolute. */
  exports: ExportReport[];
}

export interface EvaluationResult {
  /** What was evaluated: a run's id or a file. */
  target: string;
  architecture: string;
  dataset: string;
  /** The split evaluated, and how many images of it. */
  split: string;
  images: number;
  top1: number;
  top5: number;
  perClass: { name: string; images: number; top1: number | null }[];
  /** Rows are true classes, columns guesses. */
  confusion: number[][];
  runtime: string;
}

export interface ExportResult {
  format: string;
  precision: string;
  file: string;
  bytes: number;
  sha256: string;
  maxAbsDifference: number;
  logitsRange: number;
  /** Images on which the file was compared with our own forward pass. */
  images: number;
  /** On the run's test images, in the runtime. */
  top1: number;
  /** One image at a time. */
  latencyMs: Latency;
  /** What the file was compared and timed in, with its version and threads. */
  runtime: string;
}
