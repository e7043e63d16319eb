import type { ExportAllResult, ExportResult } from '../../../../shared/run/results.ts';
import { siblingModule } from '../../core/sibling-module.ts';
import { openThread, type TaskClient } from '../../core/tasks/task-client.ts';
// On Linux with glibc, the main thread must load the library for images before any other does.
import '../../data/index.ts';
import type { ExportAllOptions } from './export-all.ts';
import type { ExportOptions } from './export-run.ts';
import type { ExportTasks } from './export-thread.ts';

/** As `exportRun`, in a thread of its own: whoever calls it goes on answering, and a run in training goes on training. */
export function exportInThread({ listener, signal, ...params }: ExportOptions): Promise<ExportResult> {
  return inThread((thread) => thread.ask('export', params, { ...(listener && { listener }), signal }));
}

/** As `exportAll`, in a thread of its own. */
export function exportAllInThread({ listener, signal, ...params }: ExportAllOptions): Promise<ExportAllResult> {
  return inThread((thread) => thread.ask('exportAll', params, { ...(listener && { listener }), signal }));
}

async function inThread<T>(work: (thread: TaskClient<ExportTasks>) => Promise<T>): Promise<T> {
  const script = siblingModule(import.meta.url, './export-thread');
  const thread = openThread<ExportTasks>(script, { name: 'export' });
  try {
    return await work(thread);
  } finally {
    await thread.close();
  }
}
