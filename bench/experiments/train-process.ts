/** A process that makes one run for a slot: is sent its task, sends what is told of it and its report, and ends. */
import type { Report } from '../../shared/run/report.ts';
import { type TrainOptions, trainRun } from './train-run.ts';

/** A run as it is sent to the process. */
export type TrainTask = Omit<TrainOptions, 'signal' | 'tell'>;

/** What the process sends: a line for people, its result, or why there is none. */
export type TrainMessage = { readonly line: string } | { readonly report: Report } | { readonly error: string };

const stop = new AbortController();
const abort = () => stop.abort(new Error('Stopped; the same command goes on here.'));
// From the terminal and from the slot, so more than once.
process.on('SIGINT', abort);
process.on('SIGTERM', abort);
// Nobody waits for it any longer.
process.once('disconnect', abort);

process.once('message', async (task: TrainTask) => {
  const tell = (line: string) => send({ line });
  try {
    send({ report: await trainRun({ ...task, signal: stop.signal, tell }) });
  } catch (error) {
    send({ error: error instanceof Error ? error.message : String(error) });
  }
  if (process.connected) process.disconnect();
});

function send(message: TrainMessage): void {
  if (process.connected) process.send!(message);
}
