import { describeEnd } from '../../../../shared/text/describe-end.ts';
import { siblingModule } from '../../core/sibling-module.ts';
import type { ProbeMessage, ProbeRequest } from './messages.ts';
import { type ProbePlace, startProbe } from './start-probe.ts';

/** Characters of a probe's complaints that are kept. */
const KEPT = 10_000;

export interface ProbeOptions {
  readonly signal: AbortSignal;
  /** After so long a probe is ended. */
  readonly limitMs: number;
  /** The module to run; for tests. */
  readonly entry?: URL | undefined;
  /** Default: a process where this program can start one, else a thread; for tests. */
  readonly place?: ProbePlace | undefined;
}

/**
 * Runs a probe and gives what it told, and how it failed if it did not come to its end (a clause; null where it did).
 *
 * @throws the signal's reason when it is aborted
 */
export async function runProbe(
  request: ProbeRequest,
  { signal, limitMs, entry = siblingModule(import.meta.url, './probe'), place }: ProbeOptions,
): Promise<{ messages: ProbeMessage[]; failure: string | null }> {
  signal.throwIfAborted();
  const messages: ProbeMessage[] = [];
  let complaints = '';
  const probe = startProbe(entry, JSON.stringify(request), {
    place,
    onMessage: (message) => messages.push(message as ProbeMessage), // Ours: doctor/probe.ts.
    onComplaint: (text) => {
      complaints = (complaints + text).slice(-KEPT);
    },
  });
  let ended: string | null = null;
  const stop = (why: string) => {
    ended ??= why;
    probe.kill();
  };
  const timer = setTimeout(() => stop(`it did not answer within ${limitMs / 1000} s`), limitMs);
  const abort = () => stop('it was stopped');
  signal.addEventListener('abort', abort, { once: true });
  const end = await probe.ended;
  clearTimeout(timer);
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
  const complete = messages.some(({ type }) => type === 'done');
  return { messages, failure: complete ? null : (ended ?? describeEnd(end, complaints)) };
}
