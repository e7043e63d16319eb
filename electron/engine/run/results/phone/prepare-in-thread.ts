import { siblingModule } from '../../../core/sibling-module.ts';
import { openThread } from '../../../core/tasks/task-client.ts';
// On Linux with glibc, the main thread must load the library for images before any other does.
import '../../../data/index.ts';
import type { PhoneJob } from './phone-job.ts';
import type { PhoneTasks } from './phone-thread.ts';
import type { PhoneJobOptions } from './prepare-phone-job.ts';

/** As `preparePhoneJob`, in a thread of its own: whoever calls it goes on answering. */
export async function preparePhoneJobInThread({ listener, signal, ...params }: PhoneJobOptions): Promise<PhoneJob> {
  const thread = openThread<PhoneTasks>(siblingModule(import.meta.url, './phone-thread'), { name: 'phone' });
  try {
    return await thread.ask('prepare', params, { ...(listener && { listener }), signal });
  } finally {
    await thread.close();
  }
}
