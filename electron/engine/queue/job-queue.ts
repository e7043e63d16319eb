import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import type { Database } from './connect.ts';
import { describeQueueFailure, isPassing } from './failures.ts';
import type { JobError, JobState, Lease, Waiting } from './job-state.ts';

/** The schema in the database that holds everything of the queue. */
const SCHEMA = 'decant';
/** A job that fails so often is set aside. */
const MOST_FAILURES = 3;
/** A job whose worker was lost so often is set aside, too: it may be what ends its workers. */
const MOST_LOSSES = 50;
const DAY_S = 24 * 3600;

export interface QueueTiming {
  /** A job whose worker is not heard of for so long is given to another; 10 at least. */
  readonly leaseSeconds: number;
  /** How often lost workers are looked for. */
  readonly superviseSeconds: number;
  /** How long a database may be gone before work is given up. */
  readonly patienceMs: number;
}

const TIMING: QueueTiming = { leaseSeconds: 30, superviseSeconds: 10, patienceMs: 10 * 60_000 };

/**
 * Jobs of several machines, in pg-boss on PostgreSQL. A job is its key in a channel: sending it twice is sending it once. While
 * the database is gone, whoever asks waits for it.
 *
 * Every method throws DecantError `queue.unreachable`, `queue.refused` or `queue.failed`.
 */
export class JobQueue {
  readonly #database: Database;
  readonly #boss: PgBoss;
  readonly #timing: QueueTiming;
  readonly #signal: AbortSignal | undefined;
  readonly #known = new Set<string>();

  private constructor(database: Database, boss: PgBoss, timing: QueueTiming, signal: AbortSignal | undefined) {
    this.#database = database;
    this.#boss = boss;
    this.#timing = timing;
    this.#signal = signal;
  }

  /**
   * Opens the queue of a database, and makes it where there is none. It closes the database in the end.
   *
   * @param options `signal`: once aborted, nobody waits for a database that is gone
   */
  static async open(
    database: Database,
    { signal, ...timing }: Partial<QueueTiming> & { signal?: AbortSignal } = {},
  ): Promise<JobQueue> {
    const all = { ...TIMING, ...timing };
    const boss = new PgBoss({
      db: database.db,
      backend: database.backend,
      schema: SCHEMA,
      schedule: false,
      registerInstance: false,
      monitorVacuum: false,
      openTelemetry: { enabled: false },
      superviseIntervalSeconds: all.superviseSeconds,
      monitorIntervalSeconds: all.superviseSeconds,
    });
    // What its supervision cannot do now it does in its next round; what we ask ourselves says itself when it fails.
    boss.on('error', () => undefined);
    boss.on('warning', () => undefined);
    try {
      await boss.start();
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => undefined);
      await database.close().catch(() => undefined);
      throw describeQueueFailure(error, database.address);
    }
    return new JobQueue(database, boss, all, signal);
  }

  get leaseMs(): number {
    return 1000 * this.#timing.leaseSeconds;
  }

  /** Puts jobs into a channel. Those that wait or run already stay as they are; those that are done or set aside begin anew. */
  async send(channel: string, keys: readonly string[]): Promise<void> {
    await this.#provide(channel);
    for (let from = 0; from < keys.length; from += 1000) {
      const some = keys.slice(from, from + 1000);
      await this.#ask(async () => {
        await this.#boss
          .getDb()
          .executeSql(`DELETE FROM ${SCHEMA}.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state >= 'completed'`, [
            channel,
            some.map(toId),
          ]);
        await this.#boss.insert(
          channel,
          some.map((key) => ({ id: toId(key), data: { key } })),
        );
      });
    }
  }

  /** Takes a job that nobody has; null where none waits. */
  async take(channel: string): Promise<Lease | null> {
    await this.#provide(channel);
    const [job] = await this.#ask(() => this.#boss.fetch<{ key?: unknown }>(channel, { includeMetadata: true }));
    if (!job) return null;
    const { id, retryCount, data, output } = job;
    const key = typeof data?.key === 'string' ? data.key : '';
    return { channel, key, id, retryCount, failures: readFailure(output).failures };
  }

  /** Says that a job is still worked on; false where it is no longer this worker's. */
  async beat(lease: Lease): Promise<boolean> {
    return wasAffected(await this.#ask(() => this.#boss.touch(lease.channel, attempt(lease))));
  }

  /** Notes that a job is done; false where it was no longer this worker's. */
  async finish(lease: Lease): Promise<boolean> {
    return wasAffected(await this.#ask(() => this.#boss.complete(lease.channel, attempt(lease), {})));
  }

  /** Gives a job back that could not be done here, through no fault of its own: it does not count as failed. */
  async giveBack(lease: Lease): Promise<void> {
    await this.#ask(() => this.#boss.fail(lease.channel, attempt(lease), { failures: lease.failures }));
  }

  /** Notes that a job failed: it is tried again, or set aside with its error. */
  async fail(lease: Lease, error: JobError): Promise<'again' | 'setAside'> {
    const failures = lease.failures + 1;
    const last = failures >= MOST_FAILURES;
    await this.#ask(async () => {
      if (last)
        // No retry is left: what fails now has failed for good.
        await this.#boss.getDb().executeSql(
          `UPDATE ${SCHEMA}.job SET retry_limit = retry_count
           WHERE name = $1 AND id = $2::uuid AND state = 'active' AND retry_count = $3`,
          [lease.channel, lease.id, lease.retryCount],
        );
      await this.#boss.fail(lease.channel, attempt(lease), { failures, error });
    });
    return last ? 'setAside' : 'again';
  }

  /** How jobs of a channel stand, by key; those that it does not know are left out. */
  async states(channel: string, keys: readonly string[]): Promise<Map<string, JobState>> {
    const byId = new Map(keys.map((key) => [toId(key), key]));
    const { rows } = await this.#ask(() =>
      this.#boss
        .getDb()
        .executeSql(`SELECT id, state, output FROM ${SCHEMA}.job WHERE name = $1 AND id = ANY($2::uuid[])`, [
          channel,
          [...byId.keys()],
        ]),
    );
    const found = rows as { id: string; state: string; output: unknown }[]; // As the statement names them.
    return new Map(found.map(({ id, state, output }) => [byId.get(id)!, describeState(state, output)]));
  }

  /** Channels in which jobs wait. */
  async waiting(): Promise<Waiting[]> {
    const { rows } = await this.#ask(() =>
      this.#boss
        .getDb()
        .executeSql(`SELECT name, count(*)::int AS count FROM ${SCHEMA}.job WHERE state < 'active' GROUP BY name`),
    );
    const found = rows as { name: string; count: number }[]; // As the statement names them.
    return found.map(({ name, count }) => ({ channel: name, count }));
  }

  /** Looks for lost workers now, instead of at the next round. */
  async supervise(channel: string): Promise<void> {
    await this.#ask(() => this.#boss.supervise(channel));
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false }).catch(() => undefined);
    await this.#database.close().catch(() => undefined);
  }

  async #provide(channel: string): Promise<void> {
    if (this.#known.has(channel)) return;
    await this.#ask(() =>
      this.#boss.createQueue(channel, {
        retryLimit: MOST_LOSSES,
        retryDelay: 0,
        heartbeatSeconds: this.#timing.leaseSeconds,
        expireInSeconds: DAY_S,
        retentionSeconds: 90 * DAY_S,
      }),
    );
    this.#known.add(channel);
  }

  /** Asks the database, and asks again while it is only gone for a while. */
  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const started = performance.now();
    for (let waitMs = 250; ; waitMs = Math.min(2 * waitMs, 5000)) {
      try {
        return await question();
      } catch (error) {
        const given = this.#signal?.aborted || performance.now() - started > this.#timing.patienceMs;
        if (given || !isPassing(error)) throw describeQueueFailure(error, this.#database.address);
        await sleep(waitMs, undefined, { signal: this.#signal }).catch(() => undefined);
      }
    }
  }
}

/** A job's id in the database is the beginning of its key, a SHA-256. */
function toId(key: string): string {
  const [, ...parts] = /^(.{8})(.{4})(.{4})(.{4})(.{12})/.exec(key) ?? [];
  return parts.join('-');
}

function attempt({ id, retryCount }: Lease): { id: string; retryCount: number } {
  return { id, retryCount };
}

function wasAffected(response: object): boolean {
  return 'affected' in response && response.affected === 1;
}

function describeState(state: string, output: unknown): JobState {
  if (state === 'completed') return { state: 'done' };
  if (state === 'active') return { state: 'running' };
  if (state === 'created' || state === 'retry') return { state: 'waiting' };
  return { state: 'setAside', error: readFailure(output).error ?? LOST };
}

const LOST: JobError = { code: null, message: 'Its workers were lost again and again, or it was cancelled.' };

/** What `fail` and `giveBack` noted of a job; what pg-boss itself notes of a lost worker counts as nothing. */
function readFailure(output: unknown): { failures: number; error: JobError | null } {
  const noted = (output ?? {}) as { failures?: unknown; error?: { code?: unknown; message?: unknown } }; // Any JSON.
  const { failures, error } = noted;
  return {
    failures: typeof failures === 'number' ? failures : 0,
    error:
      typeof error?.message === 'string'
        ? { code: typeof error.code === 'string' ? error.code : null, message: error.message }
        : null,
  };
}
