import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { Db } from 'pg-boss';
import { describeAddress, type QueueAddress } from './address.ts';
import { describeQueueFailure } from './failures.ts';

/** A database that a queue is in. */
export interface Database {
  /** As pg-boss asks it. */
  readonly db: Db;
  /** `pglite`: PostgreSQL in this process, with one connection. */
  readonly backend: 'postgres' | 'pglite';
  /** For messages. */
  readonly address: string;
  close(): Promise<void>;
}

const CONNECT_MS = 10_000;
/** A worker asks one thing at a time, its heartbeat another, and the supervision of pg-boss a third. */
const MOST_CONNECTIONS = 4;

/**
 * Connects to PostgreSQL. The password is PGPASSWORD, or stands in the file of PGPASSFILE (`~/.pgpass`). The connection is
 * encrypted where the server offers it; with `verify-full` the server must prove its name with a certificate that this machine,
 * or PGSSLROOTCERT, trusts.
 *
 * @throws DecantError `queue.unreachable`, `queue.refused`
 */
export async function connect(address: QueueAddress): Promise<Database> {
  const { host, port, user, database } = address;
  const where = {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(database !== undefined && { database }),
  };
  const name = describeAddress(address);
  const ssl = await chooseTls(where, address).catch((error: unknown) => {
    throw describeQueueFailure(error, name);
  });
  const pool = new pg.Pool({
    ...where,
    ssl,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    application_name: 'decant',
  });
  // An idle connection that breaks is replaced by the next question; without a listener it would end the process.
  pool.on('error', () => undefined);
  return {
    db: { executeSql: (text, values) => pool.query(text, values) },
    backend: 'postgres',
    address: name,
    close: () => pool.end(),
  };
}

type Tls = false | { rejectUnauthorized: boolean; ca?: string };

/** Connects once, to learn whether the server speaks TLS and lets us in. */
async function chooseTls(where: pg.ClientConfig, { tls }: QueueAddress): Promise<Tls> {
  const wanted: Tls = tls === 'disable' ? false : describeTls(tls);
  try {
    await tryToConnect(where, wanted);
    return wanted;
  } catch (error) {
    if (tls !== 'prefer' || !isWithoutTls(error)) throw error;
    await tryToConnect(where, false);
    return false;
  }
}

function describeTls(tls: Exclude<QueueAddress['tls'], 'disable'>): Tls {
  if (tls !== 'verify-full') return { rejectUnauthorized: false };
  const file = process.env.PGSSLROOTCERT;
  return { rejectUnauthorized: true, ...(file !== undefined && file !== '' && { ca: readFileSync(file, 'utf8') }) };
}

async function tryToConnect(where: pg.ClientConfig, ssl: Tls): Promise<void> {
  const client = new pg.Client({ ...where, ssl, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && /does not support SSL/i.test(error.message);
}
