import type { SimdKernels } from './kernel-types.ts';
import type { Launcher } from './launcher.ts';

// Parameter slots, the same in assembly/channels.ts.
const X = 0;
const GATE = 1;
const Y = 2;
const DY = 3;
const D_GATE = 4;
const BATCH = 5;
const PIXELS = 6;
const CHANNELS = 7;
const A_TASK = 8;
const TASKS_AN_IMAGE = 9;

/** Values that make a task worth handing over. */
const TASK_SIZE = 1 << 14;

export function createChannelKernels(
  launcher: Launcher,
): Pick<SimdKernels, 'scaleChannels' | 'scaleChannelsBackward' | 'globalAveragePool' | 'globalAveragePoolBackward'> {
  const p = launcher.integers;
  const setShape = (batch: number, pixels: number, channels: number) => {
    p[BATCH] = batch;
    p[PIXELS] = pixels;
    p[CHANNELS] = channels;
  };
  /** Shares every image's pixels out. */
  const byPixels = (batch: number, pixels: number, channels: number) => {
    setShape(batch, pixels, channels);
    const perTask = Math.max(1, Math.min(pixels, Math.round(TASK_SIZE / Math.max(1, channels))));
    p[A_TASK] = perTask;
    const tasks = Math.ceil(pixels / perTask);
    p[TASKS_AN_IMAGE] = tasks;
    return batch * tasks;
  };
  /** Shares every image's channels out, in blocks of 16. */
  const byChannels = (batch: number, pixels: number, channels: number) => {
    setShape(batch, pixels, channels);
    const perTask = Math.max(16, Math.ceil(TASK_SIZE / Math.max(1, pixels) / 16) * 16);
    p[A_TASK] = perTask;
    const tasks = Math.ceil(channels / perTask);
    p[TASKS_AN_IMAGE] = tasks;
    return batch * tasks;
  };
  return {
    scaleChannels(x, gate, y, batch, pixels, channels) {
      const tasks = byPixels(batch, pixels, channels);
      p[X] = x;
      p[GATE] = gate;
      p[Y] = y;
      launcher.run('scalePixels', tasks);
    },

    scaleChannelsBackward({ x, gate, dy, dx, dGate }, batch, pixels, channels) {
      const tasks = byChannels(batch, pixels, channels);
      p[X] = x;
      p[GATE] = gate;
      p[DY] = dy;
      p[Y] = dx ?? 0;
      p[D_GATE] = dGate ?? 0;
      launcher.run('scaleBackward', tasks);
    },

    globalAveragePool(x, y, batch, pixels, channels) {
      const tasks = byChannels(batch, pixels, channels);
      p[X] = x;
      p[Y] = y;
      launcher.run('poolPixels', tasks);
    },

    globalAveragePoolBackward(dy, dx, batch, pixels, channels) {
      const tasks = byPixels(batch, pixels, channels);
      p[DY] = dy;
      p[Y] = dx;
      launcher.run('spreadPixels', tasks);
    },
  };
}
