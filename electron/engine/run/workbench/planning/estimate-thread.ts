/** A thread that times steps. See task-thread.ts. */
import { parentPort } from 'node:worker_threads';
import { answerTasks, type Task } from '../../threads/task.ts';
import { type EstimateOptions, estimateRun, type RunEstimate } from './estimate-run.ts';

export type EstimateTasks = { readonly estimate: Task<EstimateOptions, RunEstimate> };

const tasks: EstimateTasks = { estimate: estimateRun };

if (parentPort) answerTasks(parentPort, tasks);
