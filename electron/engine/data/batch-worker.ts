/** A thread that prepares batches while the main thread is busy in a training step. See batch-server.ts. */
import { openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { DecantError } from '../core/errors.ts';
import type { BatchReply, BatchRequest, BatchSource } from './batch-server.ts';
import { BatchComposer } from './compose-batch.ts';
import { readRows } from './pixel-rows.ts';

const { path, inputSize, labels } = workerData as BatchSource; // What BatchServer passes.
const port = parentPort!;
const file = openSync(path, 'r');
const rowBytes = inputSize * inputSize * 3;
const composers = new Map<number, BatchComposer>();

port.on('message', (request: BatchRequest) => {
  switch (request.kind) {
    case 'start':
      composers.set(
        request.job,
        new BatchComposer(request.plan, {
          inputSize,
          labels,
          read: (indices, target) => readRows(file, rowBytes, indices, target),
        }),
      );
      return;
    case 'stop':
      composers.delete(request.job);
      return;
    case 'batch':
      return answer(request.job, request.number);
    default:
      request satisfies never;
  }
});

function answer(job: number, number: number): void {
  try {
    const batch = composers.get(job)!.compose(number);
    const reply: BatchReply = { kind: 'batch', job, batch };
    port.postMessage(reply, [batch.images.buffer, batch.targets.buffer, batch.labels.buffer, batch.indices.buffer]);
  } catch (error) {
    const reply: BatchReply = {
      kind: 'failed',
      job,
      message: error instanceof Error ? error.message : String(error),
      code: error instanceof DecantError ? error.code : null,
    };
    port.postMessage(reply);
  }
}
