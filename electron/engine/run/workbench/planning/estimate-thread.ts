/** A thread that times steps. See planner.ts. */
import { answerTasks } from '../../../core/tasks/answer-tasks.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { Speeds } from './estimate-time.ts';
import { type EstimateOptions, measureSpeeds } from './measure-speeds.ts';

export type EstimateTasks = { readonly estimate: Task<EstimateOptions, Speeds> };

const tasks: EstimateTasks = { estimate: measureSpeeds };

answerTasks(tasks);
