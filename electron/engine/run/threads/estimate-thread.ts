/** A thread that times steps. See task-thread.ts. */
import { parentPort } from 'node:worker_threads';
import { type EstimateOptions, estimateRun, type RunEstimate } from '../planning/estimate-run.ts';
import { answerTasks, type Task } from './task.ts';

export type EstimateTasks = { readonly estimate: Task<EstimateOptions, RunEstimate> };

const tasks: EstimateTasks = { estimate: estimateRun };

if (parentPort) answerTasks(parentPort, tasks);
