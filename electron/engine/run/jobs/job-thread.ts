/** A thread that computes one job, so that its process can go on saying that it lives. See job-at-work.ts. */
import type { RunEvent } from '../../../../shared/run/events.ts';
import { answerTasks } from '../../core/tasks/answer-tasks.ts';
import type { Task } from '../../core/tasks/task.ts';
import { type JobOrder, runJob } from './run-job.ts';

export type JobTasks = { readonly run: Task<JobOrder, string, RunEvent> };

const tasks: JobTasks = { run: (order, options) => runJob(order, options) };

answerTasks(tasks);
