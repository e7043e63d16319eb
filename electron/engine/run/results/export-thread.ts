/** A thread that exports. See task-thread.ts. */
import { parentPort } from 'node:worker_threads';
import type { ExportResult } from '../../../../shared/run/results.ts';
import { answerTasks, type Task } from '../threads/task.ts';
import { type ExportOptions, exportRun } from './export-run.ts';

export type ExportTasks = {
  readonly export: Task<Omit<ExportOptions, 'signal' | 'listener'>, ExportResult>;
};

const tasks: ExportTasks = {
  export: (params, options) => exportRun({ ...params, ...options }),
};

if (parentPort) answerTasks(parentPort, tasks);
