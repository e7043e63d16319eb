import type { RunEvent } from '../../../../shared/run/events.ts';
import { siblingModule } from '../../core/sibling-module.ts';
import { openThread } from '../../core/tasks/task-client.ts';
// On Linux with glibc, the main thread must load the library for images before any other does.
import '../../data/index.ts';
import type { JobTasks } from './job-thread.ts';
import type { JobOrder } from './run-job.ts';

/** As `runJob`, in a thread of its own. @throws what it throws; PlaceEnded where the thread ended without an answer */
export async function runJobInThread(
  order: JobOrder,
  { listener, signal }: { listener: (event: RunEvent) => void; signal: AbortSignal },
): Promise<string> {
  const thread = openThread<JobTasks>(siblingModule(import.meta.url, './job-thread'), { name: 'job' });
  try {
    return await thread.ask('run', order, { listener, signal });
  } finally {
    await thread.close();
  }
}
