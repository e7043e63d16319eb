import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { makeTemporaryFolder } from '../e2e/folders.ts';

/** Folder of PostgreSQL's programs; null where it is not installed. */
export function findPostgres(): string | null {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const found = versions
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .filter((bin) => existsSync(`${bin}/initdb`));
  return found.at(-1) ?? null;
}

/** A PostgreSQL of its own: on loopback, in a folder of its own, not as root, with a password, and with TLS where OpenSSL is there. */
export interface Postgres {
  readonly url: string;
  readonly password: string;
  readonly tls: boolean;
  /** Asks the database, past Decant. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Ends it as a power cut would, and starts it again after so many milliseconds. */
  crash(downMs: number): Promise<void>;
  remove(): Promise<void>;
}

export async function startPostgres(bin: string): Promise<Postgres> {
  const folder = makeTemporaryFolder('decant-postgres-');
  const data = join(folder, 'data');
  const password = 'open sesame 7';
  const user = findUser();
  const as = user === null ? {} : { uid: user.uid, gid: user.gid };
  writeFileSync(join(folder, 'password'), password);
  chmodSync(folder, 0o755);
  if (user) for (const path of [folder, join(folder, 'password')]) chownSync(path, user.uid, user.gid);
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'decant', '-A', 'scram-sha-256', '--pwfile', join(folder, 'password'), '--no-sync'],
    { stdio: 'pipe', cwd: folder, ...as },
  );
  const tls = makeCertificate(data, as);
  const port = await findPort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  if (tls) settings.push('ssl=on');
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(join(bin, 'postgres'), args, { stdio: 'ignore', cwd: folder, ...as });
    for (let tries = 0; ; tries++) {
      if (child.exitCode !== null || tries > 300) throw new Error('PostgreSQL does not start.');
      if (await answers()) return child;
      await sleep(100);
    }
  };
  const ask = async (sql: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'decant', database: 'postgres', password });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const answers = () =>
    ask('SELECT 1').then(
      () => true,
      () => false,
    );
  let server = await start();
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  return {
    url: `postgres://decant@127.0.0.1:${port}/postgres`,
    password,
    tls,
    query: ask,
    async crash(downMs) {
      await stop('SIGQUIT');
      await sleep(downMs);
      server = await start();
    },
    async remove() {
      await stop('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whom PostgreSQL runs as: it refuses root. Null: as whoever runs the tests. */
function findUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const read = (option: string, name: string): number =>
    Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: 'pipe' }));
  for (const name of ['postgres', 'nobody'])
    try {
      return { uid: read('-u', name), gid: read('-g', name) };
    } catch {
      // The next.
    }
  throw new Error('There is no user whom PostgreSQL could run as.');
}

function makeCertificate(data: string, as: { uid?: number; gid?: number }): boolean {
  const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')];
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', certificate];
  try {
    const args = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...subject];
    execFileSync('openssl', args, { stdio: 'pipe', ...as });
    chmodSync(key, 0o600);
    return true;
  } catch {
    return false;
  }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('There is no port.');
  return address.port;
}
