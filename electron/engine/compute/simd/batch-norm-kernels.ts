import { ACTIVATION_CODES } from './activation-codes.ts';
import type { BatchNormInference, SimdKernels } from './kernel-types.ts';
import type { Launcher } from './launcher.ts';

// Parameter slots, the same in assembly/batch-norm.ts.
const X = 0;
const Y = 1;
const DY = 2;
const MEAN = 3;
const VARIANCE = 4;
const GAMMA = 5;
const BETA = 6;
const ROWS = 7;
const CHANNELS = 8;
const ROWS_A_TASK = 9;
const CHANNELS_A_TASK = 10;
const PARTIALS = 11;
const PADDED = 12;
const BLOCKS = 13;
const ACTIVATION = 14;
const EPSILON = 15;
const D_GAMMA = 16;
const D_BETA = 17;
const TABLE = 18;

/** Values that make a task worth handing over. */
const TASK_SIZE = 1 << 14;

const divideUp = (value: number, by: number) => Math.ceil(value / by);
const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

function setCommon(launcher: Launcher, arguments_: Omit<BatchNormInference, 'y'>): number {
  const p = launcher.integers;
  p[X] = arguments_.x;
  p[MEAN] = arguments_.mean;
  p[VARIANCE] = arguments_.variance;
  p[GAMMA] = arguments_.gamma;
  p[BETA] = arguments_.beta;
  p[ROWS] = arguments_.rows;
  p[CHANNELS] = arguments_.channels;
  p[ACTIVATION] = ACTIVATION_CODES[arguments_.activation ?? 'none'];
  launcher.floats[EPSILON] = arguments_.epsilon;
  const padded = roundUp(arguments_.channels, 16);
  p[PADDED] = padded;
  return padded;
}

/** How many rows a task reads for its share of the sums: at most 64 blocks, so that joining them stays cheap. */
function rowsOfSums(rows: number, channels: number): number {
  return Math.max(1, divideUp(rows, 64), Math.round((TASK_SIZE * 2) / channels));
}

export function createBatchNormKernels(
  launcher: Launcher,
): Pick<SimdKernels, 'batchNormTraining' | 'batchNormBackward' | 'batchNormInference'> {
  const p = launcher.integers;
  /** Room for the table and the sums of `blocks` blocks. */
  const setRoom = (padded: number, blocks: number) => {
    const table = launcher.workspace((3 * padded + blocks * 3 * padded) * 4 + 64);
    p[TABLE] = table;
    p[PARTIALS] = table + 3 * padded * 4;
    p[BLOCKS] = blocks;
  };
  const setJoin = (channels: number) => {
    p[CHANNELS_A_TASK] = 256;
    return divideUp(channels, 256);
  };
  const setRows = (rows: number, channels: number) => {
    const perTask = Math.max(1, Math.round(TASK_SIZE / channels));
    p[ROWS_A_TASK] = perTask;
    return divideUp(rows, perTask);
  };
  return {
    batchNormTraining(arguments_) {
      const { rows, channels } = arguments_;
      const padded = setCommon(launcher, arguments_);
      p[Y] = arguments_.y;
      const perBlock = rowsOfSums(rows, channels);
      const blocks = divideUp(rows, perBlock);
      setRoom(padded, blocks);
      p[ROWS_A_TASK] = perBlock;
      launcher.run('statisticsOfRows', blocks);
      launcher.run('joinStatisticsOfChannels', setJoin(channels));
      launcher.run('normalizeRows', setRows(rows, channels));
    },

    batchNormBackward(arguments_) {
      const { rows, channels } = arguments_;
      const padded = setCommon(launcher, arguments_);
      p[DY] = arguments_.dy;
      p[Y] = arguments_.dx;
      p[D_GAMMA] = arguments_.dGamma;
      p[D_BETA] = arguments_.dBeta;
      const perBlock = rowsOfSums(rows, channels);
      const blocks = divideUp(rows, perBlock);
      setRoom(padded, blocks);
      launcher.run('scaleOfChannels', 1);
      p[ROWS_A_TASK] = perBlock;
      launcher.run('backwardSumsOfRows', blocks);
      launcher.run('joinBackwardOfChannels', setJoin(channels));
      launcher.run('backwardRows', setRows(rows, channels));
    },

    batchNormInference(arguments_) {
      const padded = setCommon(launcher, arguments_);
      p[Y] = arguments_.y;
      setRoom(padded, 0);
      launcher.run('scaleOfChannels', 1);
      launcher.run('normalizeRows', setRows(arguments_.rows, arguments_.channels));
    },
  };
}
