/**
 * What bench/soak.ts watches: in one process a run of very many short epochs, or one short run after the other. Ends when it
 * is told to by SIGTERM. Writes `epochs <n>` and `runs <n>` on stdout as it goes on.
 *
 *     node bench/soak/work.ts epochs|runs <folder>
 */
import { join } from 'node:path';
import { compress, DecantError, parseRecipe } from '../../electron/engine/index.ts';

const [what = 'epochs', folder = '.'] = process.argv.slice(2);
const small = { width: 0.35, stemStride: 2 };
const train =
  what === 'epochs'
    ? { batch: 16, teacherEpochs: 1, warmUpEpochs: 10_000, pruneEpochs: 1, fineTuneEpochs: 0 }
    : { batch: 16, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1 };
const recipe = parseRecipe({
  data: { inputSize: 32, validation: 0.2 },
  teacher: small,
  student: small,
  train: { ...train, baseline: false },
  prune: { macs: 0.8, steps: 1 },
  measure: { latencyRuns: 10, ckaImages: 8 },
});
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
let [epochs, runs] = [0, 0];
try {
  while (!stop.signal.aborted) {
    await compress({
      home: join(folder, 'home'),
      dataset: join(folder, 'pictures'),
      recipe,
      resume: null,
      out: null,
      backend: 'simd',
      threads: null,
      signal: stop.signal,
      listener(event) {
        if (event.type === 'epoch.finished') process.stdout.write(`epochs ${++epochs}\n`);
      },
    });
    process.stdout.write(`runs ${++runs}\n`);
  }
} catch (error) {
  if (!(error instanceof DecantError && error.code === 'run.stopped')) throw error;
}
