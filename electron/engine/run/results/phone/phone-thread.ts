/** A thread that prepares what a phone measures. See prepare-in-thread.ts. */
import type { RunEvent } from '../../../../../shared/run/events.ts';
import { answerTasks } from '../../../core/tasks/answer-tasks.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { PhoneJob } from './phone-job.ts';
import { type PhoneJobOptions, preparePhoneJob } from './prepare-phone-job.ts';

export type PhoneTasks = {
  readonly prepare: Task<Omit<PhoneJobOptions, 'signal' | 'listener'>, PhoneJob, RunEvent>;
};

const tasks: PhoneTasks = {
  prepare: (params, options) => preparePhoneJob({ ...params, ...options }),
};

answerTasks(tasks);
