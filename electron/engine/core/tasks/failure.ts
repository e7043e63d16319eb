import { DecantError, type ErrorCode } from '../errors.ts';
import { describeSystemFailure } from '../system-failure.ts';

/** An error as data, for another thread or process. */
export interface TaskFailure {
  /** Null for one that nobody foresaw. */
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
}

export function toFailure(thrown: unknown): TaskFailure {
  const error = describeSystemFailure(thrown);
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof DecantError)) return { code: null, message, details: {}, stack };
  // As JSON has them: whatever else an error holds cannot pass between threads.
  const details = JSON.parse(JSON.stringify(error.details)) as Record<string, unknown>; // An object stays one.
  return { code: error.code, message, details, stack };
}

/** The error that a failure stands for. */
export function fromFailure({ code, message, details, stack }: TaskFailure): Error {
  const error = code === null ? new Error(message) : new DecantError(code, message, { ...details });
  if (stack !== undefined) error.stack = stack;
  return error;
}
