import { joinPartials } from './gemm-kernels.ts';
import type { SimdKernels } from './kernel-types.ts';
import type { Launcher } from './launcher.ts';

// Parameter slots, the same in assembly/reductions.ts.
const X = 0;
const TARGET = 1;
const ROWS = 2;
const CHANNELS = 3;
const ROWS_A_TASK = 4;
const PADDED = 5;
const PARTIALS = 6;
const KIND = 8;
const COUNT = 9;
const A_TASK = 10;

const SUM = 0;
const SQUARES = 1;

/** Values that make a task worth handing over. */
const TASK_SIZE = 1 << 15;

const divideUp = (value: number, by: number) => Math.ceil(value / by);

export function createReductionKernels(
  launcher: Launcher,
): Pick<SimdKernels, 'columnSums' | 'rowSums' | 'sum' | 'sumOfSquares'> {
  const p = launcher.integers;
  const total = (kind: number, x: number, length: number) => {
    const blocks = divideUp(length, TASK_SIZE);
    const partials = launcher.workspace(blocks * 8 + 64);
    p[X] = x;
    p[PARTIALS] = partials;
    p[KIND] = kind;
    p[COUNT] = length;
    p[A_TASK] = TASK_SIZE;
    launcher.run('sumOfBlock', blocks);
    return launcher.f64(partials, blocks).reduce((sum, value) => sum + value, 0);
  };
  return {
    columnSums(x, sums, rows, channels) {
      const padded = Math.ceil(channels / 16) * 16;
      const perTask = Math.max(1, divideUp(rows, 64), Math.round(TASK_SIZE / Math.max(1, channels)));
      const blocks = divideUp(rows, perTask);
      const partials = launcher.workspace(blocks * padded * 4 + 64);
      p[X] = x;
      p[ROWS] = rows;
      p[CHANNELS] = channels;
      p[ROWS_A_TASK] = perTask;
      p[PADDED] = padded;
      p[PARTIALS] = partials;
      launcher.run('columnSumsOfRows', blocks);
      joinPartials(launcher, { partials, target: sums, count: channels, blocks, stride: padded });
    },

    rowSums(x, sums, rows, channels) {
      const perTask = Math.max(1, Math.round(TASK_SIZE / Math.max(1, channels)));
      p[X] = x;
      p[TARGET] = sums;
      p[ROWS] = rows;
      p[CHANNELS] = channels;
      p[ROWS_A_TASK] = perTask;
      launcher.run('rowSumsOfRows', divideUp(rows, perTask));
    },

    sum: (x, length) => total(SUM, x, length),
    sumOfSquares: (x, length) => total(SQUARES, x, length),
  };
}
