/** A thread that exports. See export-in-thread.ts. */
import type { RunEvent } from '../../../../shared/run/events.ts';
import type { ExportAllResult, ExportResult } from '../../../../shared/run/results.ts';
import { answerTasks } from '../../core/tasks/answer-tasks.ts';
import type { Task } from '../../core/tasks/task.ts';
import { type ExportAllOptions, exportAll } from './export-all.ts';
import { type ExportOptions, exportRun } from './export-run.ts';

type Params<Options> = Omit<Options, 'signal' | 'listener'>;

export type ExportTasks = {
  readonly export: Task<Params<ExportOptions>, ExportResult, RunEvent>;
  readonly exportAll: Task<Params<ExportAllOptions>, ExportAllResult, RunEvent>;
};

const tasks: ExportTasks = {
  export: (params, options) => exportRun({ ...params, ...options }),
  exportAll: (params, options) => exportAll({ ...params, ...options }),
};

answerTasks(tasks);
