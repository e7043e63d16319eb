import { FIRST_ANSWER_MS, findCostFault } from '../../../shared/run/network-limits.ts';
import { answerWithin } from '../core/answer-within.ts';
import { siblingModule } from '../core/sibling-module.ts';
import type { Task } from '../core/tasks/task.ts';
import { openProcess, openThread, PlaceEnded } from '../core/tasks/task-client.ts';

/** Loads a file and asks it about images of zeros; done when ONNX Runtime has answered, also that it cannot. */
export type TrialTasks = {
  readonly answer: Task<{ bytes: Uint8Array; image: readonly number[] | null }, void>;
};

/**
 * What is wrong with how much an ONNX file from anyone computes, as a clause; null: nothing. Ask before the file is loaded: then
 * ONNX Runtime already computes what depends on no image, and it cannot be interrupted. What the file hides is tried in a
 * process, which is ended.
 *
 * @param cost as it was counted in the file's shapes
 * @param image shape of what the file takes; null: it is only loaded
 */
export async function findOnnxCostFault(
  bytes: Uint8Array,
  {
    cost,
    image,
    firstAnswerMs = FIRST_ANSWER_MS,
    place = process.versions.electron === undefined ? 'process' : 'thread',
  }: {
    cost: { readonly operations: number; readonly largest: number; readonly whole: boolean };
    image: readonly number[] | null;
    firstAnswerMs?: number | undefined;
    /** Electron's programs start no process as Node would: there a thread goes on computing, but nobody waits for it. */
    place?: 'process' | 'thread';
  },
): Promise<string | null> {
  const fault = findCostFault(cost, image?.[0]);
  if (fault !== null || cost.whole) return fault;
  const open = place === 'process' ? openProcess<TrialTasks> : openThread<TrialTasks>;
  const trial = open(siblingModule(import.meta.url, './onnx-trial-process'), {
    name: 'trial of an ONNX file',
    onComplaint: () => undefined,
  });
  const late = new Error('It takes too long.');
  try {
    await answerWithin(firstAnswerMs, trial.ask('answer', { bytes, image }), () => late);
    return null;
  } catch (error) {
    if (error === late) return `takes more than ${firstAnswerMs / 1000} s for its first image`;
    if (error instanceof PlaceEnded) return `brings ONNX Runtime down (its ${place} ${error.how})`;
    throw error;
  } finally {
    void trial.close(); // A thread ends only once ONNX Runtime comes back.
  }
}
