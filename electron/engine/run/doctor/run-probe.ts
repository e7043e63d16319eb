import { describeEnd } from '../../../../shared/text/describe-end.ts';
import { siblingModule } from '../../core/sibling-module.ts';
import { openProcess, openThread, PlaceEnded } from '../../core/tasks/task-client.ts';
import type { ProbeMessage, ProbeRequest, ProbeTasks } from './messages.ts';

/** Characters of a probe's complaints that are kept. */
const KEPT = 10_000;

export interface ProbeOptions {
  readonly signal: AbortSignal;
  /** After so long a probe is ended. */
  readonly limitMs: number;
  /** The module to run; for tests. */
  readonly entry?: URL | undefined;
  /**
   * Electron's programs start no process as Node would: there a probe is a thread, and a crash is the whole engine's. By
   * default a process where this program can start one; for tests.
   */
  readonly place?: 'process' | 'thread';
}

/**
 * Runs a probe and gives what it told, and how it failed if it did not come to its end (a clause; null where it did).
 *
 * @throws the signal's reason when it is aborted
 */
export async function runProbe(
  request: ProbeRequest,
  {
    signal,
    limitMs,
    entry = siblingModule(import.meta.url, './probe'),
    place = process.versions.electron === undefined ? 'process' : 'thread',
  }: ProbeOptions,
): Promise<{ messages: ProbeMessage[]; failure: string | null }> {
  signal.throwIfAborted();
  const messages: ProbeMessage[] = [];
  let complaints = '';
  const open = place === 'process' ? openProcess<ProbeTasks> : openThread<ProbeTasks>;
  const probe = open(entry, {
    name: 'probe',
    onComplaint: (text) => {
      complaints = (complaints + text).slice(-KEPT);
    },
  });
  let stopped: string | null = null;
  const stop = (why: string) => {
    stopped ??= why;
    void probe.close();
  };
  const timer = setTimeout(() => stop(`it did not answer within ${limitMs / 1000} s`), limitMs);
  const abort = () => stop('it was stopped');
  signal.addEventListener('abort', abort, { once: true });
  try {
    await probe.ask('probe', request, { listener: (message) => messages.push(message) });
    return { messages, failure: null };
  } catch (error) {
    signal.throwIfAborted();
    const how = error instanceof PlaceEnded ? `its ${place} ${error.how}` : `its ${place} failed: ${String(error)}`;
    return { messages, failure: stopped ?? describeEnd(how, complaints) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    await probe.close(); // A driver may keep threads of its own.
  }
}
