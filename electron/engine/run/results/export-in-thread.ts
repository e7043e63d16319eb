import type { ExportResult } from '../../../../shared/run/results.ts';
import { siblingModule } from '../../core/sibling-module.ts';
import { openThread } from '../../core/tasks/task-client.ts';
// On Linux with glibc, the main thread must load the library for images before any other does.
import '../../data/index.ts';
import type { ExportOptions } from './export-run.ts';
import type { ExportTasks } from './export-thread.ts';

/** As `exportRun`, in a thread of its own: whoever calls it goes on answering, and a run in training goes on training. */
export async function exportInThread({ listener, signal, ...params }: ExportOptions): Promise<ExportResult> {
  const script = siblingModule(import.meta.url, './export-thread');
  const thread = openThread<ExportTasks>(script, { name: 'export' });
  try {
    return await thread.ask('export', params, { ...(listener && { listener }), signal });
  } finally {
    await thread.close();
  }
}
