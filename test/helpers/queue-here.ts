import { PGlite } from '@electric-sql/pglite';
import { fromPglite } from 'pg-boss';
import { JobQueue } from '../../electron/engine/queue/index.ts';

/** A queue on PostgreSQL in this process. What a real server adds is tested in `test/e2e/queue.slow.test.ts`. */
export interface QueueHere {
  readonly queue: JobQueue;
  /** Makes the workers of all jobs that run look as if they had been silent for an hour, and has that noticed. */
  loseWorkers(channel: string): Promise<void>;
}

/** PostgreSQL begins with making a database, which takes a busy machine long. */
export const OPENING_MS = 180_000;

export async function openQueueHere(): Promise<QueueHere> {
  const pglite = new PGlite();
  const database = { db: fromPglite(pglite), backend: 'pglite' as const, address: 'here', close: () => pglite.close() };
  const queue = await JobQueue.open(database, { leaseSeconds: 10 });
  return {
    queue,
    async loseWorkers(channel) {
      await pglite.query(`UPDATE decant.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`);
      await pglite.query(`UPDATE decant.queue SET monitor_claim_on = NULL, monitor_on = NULL`); // Else the next round is waited for.
      await queue.supervise(channel);
    },
  };
}
