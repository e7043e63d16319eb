import type { ExportResult } from '../../../../shared/run/results.ts';
import { siblingModule } from '../../core/sibling-module.ts';
import { TaskThread } from '../threads/task-thread.ts';
import type { ExportOptions } from './export-run.ts';
import type { ExportTasks } from './export-thread.ts';

/** As `exportRun`, in a thread of its own: whoever calls it goes on answering, and a run in training goes on training. */
export async function exportInThread({ listener, signal, ...params }: ExportOptions): Promise<ExportResult> {
  const thread = new TaskThread<ExportTasks>(siblingModule(import.meta.url, './export-thread'), 'export');
  try {
    return await thread.ask('export', params, { ...(listener && { listener }), signal });
  } finally {
    await thread.close();
  }
}
