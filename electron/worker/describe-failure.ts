import type { Failure } from '../../shared/ipc/message.ts';
import { toFailure } from '../engine/index.ts';
import { WorkCancelled } from './works.ts';

/** An error as data. One that nobody foresaw is also written to stderr, with where it happened. */
export function describeFailure(error: unknown): Failure {
  const { code, message, details } = toFailure(error);
  if (code !== null) return { code, message, details };
  if (error instanceof WorkCancelled) return { code: 'work.cancelled', message: error.message };
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.replace(/[.]$/, '');
  return {
    code: 'internal',
    message: `Unexpected error: ${reason}. Try again, and report it if it happens again.`,
  };
}
