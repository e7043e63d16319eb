import { ACTIVATION_CODES } from './activation-codes.ts';
import { joinSums, partialBytes, rowBytes } from './batch-norm-kernels.ts';
import type { Normalization, SimdKernels } from './kernel-types.ts';
import { type Launcher, scratchStride } from './launcher.ts';

// Parameter slots, the same in assembly/squeeze.ts.
const X = 0;
const TABLE = 1;
const ROW = 2;
const ACTIVATION = 3;
const PIXELS = 4;
const CHANNELS = 5;
const PIXELS_A_TASK = 6;
const TASKS_AN_IMAGE = 7;
const Y = 8;
const G = 9;
const GATE = 10;
const D_MEAN = 11;
const PARTIALS = 12;
const PARTIAL_BYTES = 13;
const SCRATCH = 14;
const SCRATCH_STRIDE = 15;

/** Pixels that are normalized at a time; assembly/squeeze.ts has the same. */
const AT_ONCE = 16;
/** Values that make a task worth handing over. */
const TASK_SIZE = 1 << 15;

const divideUp = (value: number, by: number) => Math.ceil(value / by);
const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

export function createSqueezeKernels(
  launcher: Launcher,
): Pick<SimdKernels, 'squeeze' | 'gateGradient' | 'squeezeThrough'> {
  const p = launcher.integers;
  const setMap = (x: number, { table, channels, activation, rows }: Normalization, batch: number) => {
    p[X] = x;
    p[TABLE] = table;
    p[ROW] = rowBytes(channels);
    p[ACTIVATION] = ACTIVATION_CODES[activation];
    p[PIXELS] = rows / batch;
    p[CHANNELS] = channels;
  };
  const runImages = (y: number, g: number, channels: number, batch: number) => {
    const scratch = scratchStride(AT_ONCE * channels * 4 + 64);
    p[Y] = y;
    p[G] = g;
    p[SCRATCH] = launcher.workspace(scratch * launcher.threads);
    p[SCRATCH_STRIDE] = scratch;
    launcher.run('squeezeImage', batch);
  };
  return {
    squeeze(x, y, normalization, batch) {
      setMap(x, normalization, batch);
      runImages(y, 0, normalization.channels, batch);
    },

    gateGradient(x, g, dGate, normalization, batch) {
      setMap(x, normalization, batch);
      runImages(dGate, g, normalization.channels, batch);
    },

    squeezeThrough({ x, g, gate, dMean }, normalization, gradients, batch) {
      const { rows, channels } = normalization;
      const pixels = rows / batch;
      const worthwhile = roundUp(divideUp(TASK_SIZE, channels), AT_ONCE);
      const perTask = Math.min(pixels, Math.max(worthwhile, divideUp(pixels, Math.max(1, divideUp(64, batch)))));
      const perImage = divideUp(pixels, perTask);
      const partials = launcher.workspace(batch * perImage * partialBytes(channels) + 64);
      setMap(x, normalization, batch);
      p[G] = g;
      p[GATE] = gate ?? 0;
      p[D_MEAN] = dMean;
      p[PIXELS_A_TASK] = perTask;
      p[TASKS_AN_IMAGE] = perImage;
      p[PARTIALS] = partials;
      p[PARTIAL_BYTES] = partialBytes(channels);
      launcher.run('squeezeThroughPixels', batch * perImage);
      joinSums(launcher, normalization, gradients, partials, batch * perImage);
    },
  };
}
