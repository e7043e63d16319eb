import { DecantError } from '../core/errors.ts';

/** What a socket says when there is nobody, or nobody any more. */
const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);
/** Classes and codes of SQLSTATE: connection exceptions, shut down or starting up, and too many connections. */
const PASSING = /^(08...|57P0[123]|53300)$/;
const PASSING_MESSAGE =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|client has encountered a connection error/i;
/** Wrong password, unknown user, no entry in pg_hba.conf, unknown database, no privilege. */
const REFUSALS: ReadonlySet<string> = new Set(['28P01', '28000', '3D000', '42501']);

/** Whether a failure may pass by itself: the database restarts, the network is gone for a while. */
export function isPassing(error: unknown): boolean {
  return listErrors(error).some(
    ({ code = '', message }) => SOCKET_CODES.has(code) || PASSING.test(code) || PASSING_MESSAGE.test(message),
  );
}

/** Turns what a database says into one sentence, which never has the password in it. */
export function describeQueueFailure(error: unknown, address: string): Error {
  if (error instanceof DecantError) return error;
  const [first] = listErrors(error);
  const { code = '', message = String(error) } = first ?? {};
  if (/password must be a string|no password/i.test(message))
    return new DecantError(
      'queue.refused',
      `The database at ${address} asks for a password; set PGPASSWORD, or PGPASSFILE to a file with it.`,
      { address },
    );
  if (REFUSALS.has(code))
    return new DecantError(
      'queue.refused',
      `The database at ${address} refuses: ${message}. Check user, database, PGPASSWORD and PGPASSFILE.`,
      { address, code },
    );
  if (isPassing(error))
    return new DecantError(
      'queue.unreachable',
      `The database at ${address} cannot be reached (${code || message}); check that it runs and that the address is right.`,
      { address, code },
    );
  return new DecantError(
    'queue.failed',
    `The queue at ${address} failed: ${message}.`,
    { address, code },
    { cause: error },
  );
}

type Coded = Error & { code?: string };

/** An error, those that it bundles (each address of a host that was tried), and those behind it. */
function listErrors(error: unknown): Coded[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(listErrors) : [];
  return [...inner, error, ...listErrors(error.cause)];
}
