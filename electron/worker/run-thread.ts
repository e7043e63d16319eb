/** The thread that computes one run, so that the engine's process answers while a step blocks. */
import { parentPort, workerData } from 'node:worker_threads';
import { compress, DecantError, RunControl, systemClock } from '../engine/index.ts';
import { describeFailure } from './describe-failure.ts';
import type { RunEnd, RunOrder, RunThreadData, RunThreadMessage } from './run-thread-messages.ts';

const port = parentPort;
if (!port) throw new Error('This file is a thread of the engine.');
const { home, run, settings } = workerData as RunThreadData; // Given by RunAtWork.
const stop = new AbortController();
const control = new RunControl(systemClock);
const say = (message: RunThreadMessage) => port.postMessage(message);

const OBEY: Readonly<Record<RunOrder, () => void>> = {
  hold: () => control.hold(),
  release: () => control.release(),
  stop: () => stop.abort(),
  'finish-early': () => control.finishEarly(),
};
port.on('message', (order: RunOrder) => OBEY[order]());
say({ end: await work() });
port.close();

async function work(): Promise<RunEnd> {
  try {
    await compress({
      home,
      dataset: null,
      recipe: null,
      resume: run,
      out: null,
      ...settings,
      listener: (event) => say({ event }),
      signal: stop.signal,
      control,
    });
    return { state: 'finished' };
  } catch (error) {
    const stopped = error instanceof DecantError ? error.code === 'run.stopped' : error === stop.signal.reason;
    return stopped ? { state: 'stopped' } : { state: 'failed', failure: describeFailure(error) };
  }
}
