/** A thread that exports. See export-in-thread.ts. */
import type { RunEvent } from '../../../../shared/run/events.ts';
import type { ExportResult } from '../../../../shared/run/results.ts';
import { answerTasks } from '../../core/tasks/answer-tasks.ts';
import type { Task } from '../../core/tasks/task.ts';
import { type ExportOptions, exportRun } from './export-run.ts';

export type ExportTasks = {
  readonly export: Task<Omit<ExportOptions, 'signal' | 'listener'>, ExportResult, RunEvent>;
};

const tasks: ExportTasks = {
  export: (params, options) => exportRun({ ...params, ...options }),
};

answerTasks(tasks);
