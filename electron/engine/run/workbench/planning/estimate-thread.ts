/** A thread that times steps. See planner.ts. */
import { answerTasks } from '../../../core/tasks/answer-tasks.ts';
import type { Task } from '../../../core/tasks/task.ts';
import { type EstimateOptions, estimateRun, type RunEstimate } from './estimate-run.ts';

export type EstimateTasks = { readonly estimate: Task<EstimateOptions, RunEstimate> };

const tasks: EstimateTasks = { estimate: estimateRun };

answerTasks(tasks);
