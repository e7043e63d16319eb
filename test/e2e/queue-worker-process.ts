/** A worker whose jobs take a moment and answer with what follows from their key: `node queue-worker-process.ts URL BLOBS SEED`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobStore } from '../../electron/engine/blobs/index.ts';
import { Random } from '../../electron/engine/core/random.ts';
import { work } from '../../electron/engine/run/jobs/work.ts';

const [queue, folder, seed] = process.argv.slice(2) as [string, string, string]; // Of the test.
const blobs = new BlobStore(folder);
const random = new Random(Number(seed));

await work({
  home: folder,
  queue,
  blobs: folder,
  backend: 'simd',
  threads: 1,
  cacheLimitBytes: null,
  untilEmpty: false,
  listener: () => undefined,
  signal: new AbortController().signal,
  timing: { leaseSeconds: 10, superviseSeconds: 2, pollMs: 100, restMs: 300 },
  async runJob({ key }) {
    await sleep(50 + 200 * random.next());
    // Written anew by each attempt, and different: only one may count.
    const result = await blobs.put(
      Buffer.concat([Buffer.from(`${key} ${random.next()}\n`), Buffer.alloc(20_000, key)]),
    );
    return blobs.name(key, result);
  },
});
