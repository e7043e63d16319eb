import { DecantError } from '../core/errors.ts';

/** How far the server must prove who it is: as libpq has it. */
const TLS_MODES = ['disable', 'prefer', 'require', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** Where a queue is. What is undefined comes from PGHOST, PGPORT, PGUSER and PGDATABASE, as for every client of PostgreSQL. */
export interface QueueAddress {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly tls: TlsMode;
}

/**
 * Reads `postgres://user@host:port/database?sslmode=…`. A password in it is refused: command lines are seen by everybody on a
 * machine, and are kept by shells. No message repeats the text.
 *
 * @throws DecantError `queue.invalid`
 */
export function parseQueueAddress(text: string): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:')
    throw invalid('--queue is not the address of a PostgreSQL database; write postgres://user@host/database.');
  if (url.password !== '' || url.searchParams.has('password'))
    throw invalid(
      '--queue has a password in it, which other users of this machine could see; leave it out, and set PGPASSWORD or PGPASSFILE instead.',
    );
  for (const [name, value] of url.searchParams) {
    if (name !== 'sslmode') throw invalid('--queue has settings other than sslmode behind its "?"; leave them out.');
    if (!TLS_MODES.some((mode) => mode === value))
      throw invalid(`The sslmode of --queue is none of ${TLS_MODES.join(', ')}; choose one, or leave it out.`);
  }
  return {
    host: nonEmpty(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? undefined : Number(url.port),
    user: nonEmpty(decode(url.username)),
    database: nonEmpty(decode(url.pathname.slice(1))),
    tls: TLS_MODES.find((mode) => mode === url.searchParams.get('sslmode')) ?? 'prefer',
  };
}

/** An address for messages. */
export function describeAddress({ host, port, database }: QueueAddress): string {
  return `${host ?? process.env.PGHOST ?? 'localhost'}:${port ?? process.env.PGPORT ?? 5432}${database === undefined ? '' : `/${database}`}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('--queue has a "%" that stands for nothing; write it as %25.');
  }
}

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function invalid(message: string): DecantError {
  return new DecantError('queue.invalid', message);
}
