/** A thread that prepares batches while the main thread is busy in a training step. See batch-server.ts. */
import { openSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { answerTasks } from '../core/tasks/answer-tasks.ts';
import { Moved } from '../core/tasks/task.ts';
import type { BatchSource, BatchTasks } from './batch-server.ts';
import { BatchComposer, type BatchPlan } from './compose-batch.ts';
import { readRows } from './pixel-rows.ts';

const { path, inputSize, labels } = workerData as BatchSource; // What BatchServer passes.
const file = openSync(path, 'r');
const rowBytes = inputSize * inputSize * 3;
/** Of every plan that was taken in; made when its first batch is asked for. */
const composers = new Map<number, () => BatchComposer>();

const tasks: BatchTasks = {
  plan: ({ job, plan }, { signal }) =>
    new Promise((resolve) => {
      let composer: BatchComposer | null = null;
      composers.set(job, () => (composer ??= openComposer(plan)));
      signal.addEventListener('abort', () => {
        composers.delete(job);
        resolve();
      });
    }),
  batch({ job, number }) {
    const batch = composers.get(job)!().compose(number);
    const { images, targets, labels, indices } = batch;
    return new Moved(batch, [images.buffer, targets.buffer, labels.buffer, indices.buffer]);
  },
};

answerTasks(tasks);

function openComposer(plan: BatchPlan): BatchComposer {
  return new BatchComposer(plan, {
    inputSize,
    labels,
    read: (indices, target) => readRows(file, rowBytes, indices, target),
  });
}
