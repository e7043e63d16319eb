import { fork } from 'node:child_process';
import { siblingModule } from '../../core/sibling-module.ts';
import type { ProbeMessage, ProbeRequest } from './messages.ts';

/** Characters of a process's complaints that are kept. */
const KEPT = 10_000;

export interface ProbeOptions {
  readonly signal: AbortSignal;
  /** After so long a probe is ended. */
  readonly limitMs: number;
  /** The process to run; for tests. */
  readonly entry?: URL | undefined;
}

/**
 * Runs a probe in a process of its own and gives what it told, and how it failed if it did not come to its end (a clause;
 * null where it did).
 *
 * @throws the signal's reason when it is aborted
 */
export async function runProbe(
  request: ProbeRequest,
  { signal, limitMs, entry = siblingModule(import.meta.url, './probe') }: ProbeOptions,
): Promise<{ messages: ProbeMessage[]; failure: string | null }> {
  signal.throwIfAborted();
  const child = fork(entry, [JSON.stringify(request)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const messages: ProbeMessage[] = [];
  let complaints = '';
  child.on('message', (message) => messages.push(message as ProbeMessage)); // Ours: doctor/probe.ts.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-KEPT);
  });
  let ended: string | null = null;
  const stop = (why: string) => {
    ended ??= why;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => stop(`it did not answer within ${limitMs / 1000} s`), limitMs);
  const abort = () => stop('it was stopped');
  signal.addEventListener('abort', abort, { once: true });
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`its process does not start: ${error.message}`));
    child.once('close', (code, killer) => resolve(describeEnd(code, killer, complaints)));
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
  const complete = messages.some(({ type }) => type === 'done');
  return { messages, failure: complete ? null : (ended ?? end) };
}

function describeEnd(code: number | null, signal: string | null, complaints: string): string {
  const how = signal === null ? `its process ended with status ${code}` : `its process was ended by ${signal}`;
  const last = complaints
    .trim()
    .split('\n')
    .findLast((line) => line.trim() !== '' && !/^\s*at |^Node[.]js v/.test(line));
  return last === undefined ? how : `${how}: ${last.trim().replace(/[.]$/, '')}`;
}
