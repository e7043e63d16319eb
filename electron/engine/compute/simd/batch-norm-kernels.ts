import { ACTIVATION_CODES } from './activation-codes.ts';
import type { Normalization, NormalizationGradients, SimdKernels } from './kernel-types.ts';
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
const PARTIAL_BYTES = 19;
const ADDED = 20;

/** Values that make a task worth handing over. */
const TASK_SIZE = 1 << 14;
const CHANNELS_AT_ONCE = 256;
const TABLE_ROWS = 6;
const PARTIAL_ROWS = 3;

const divideUp = (value: number, by: number) => Math.ceil(value / by);
const padded = (channels: number) => divideUp(channels, 16) * 16;

/** Floats of a normalization's table. */
export const tableFloats = (channels: number): number => TABLE_ROWS * padded(channels);

/** Bytes of one row of a table, or of partial results. */
export const rowBytes = (channels: number): number => padded(channels) * 4;

/** Bytes that a task leaves: its statistics, or its sums. */
export const partialBytes = (channels: number): number => PARTIAL_ROWS * rowBytes(channels);

function setNormalization(launcher: Launcher, normalization: Normalization): void {
  const p = launcher.integers;
  p[MEAN] = normalization.mean;
  p[VARIANCE] = normalization.variance;
  p[GAMMA] = normalization.gamma;
  p[BETA] = normalization.beta;
  p[ROWS] = normalization.rows;
  p[CHANNELS] = normalization.channels;
  p[ACTIVATION] = ACTIVATION_CODES[normalization.activation];
  p[PADDED] = padded(normalization.channels);
  p[TABLE] = normalization.table;
  p[PARTIAL_BYTES] = partialBytes(normalization.channels);
  launcher.floats[EPSILON] = normalization.epsilon;
}

/** Joins what `blocks` tasks left at `partials` into mean, variance and table. */
export function joinStatistics(
  launcher: Launcher,
  normalization: Normalization,
  partials: number,
  blocks: number,
): void {
  setNormalization(launcher, normalization);
  const p = launcher.integers;
  p[PARTIALS] = partials;
  p[BLOCKS] = blocks;
  p[CHANNELS_A_TASK] = CHANNELS_AT_ONCE;
  launcher.run('joinStatisticsOfChannels', divideUp(normalization.channels, CHANNELS_AT_ONCE));
}

/** Joins what `blocks` tasks left at `partials` into the batch norm's own gradients and the rest of the table. */
export function joinSums(
  launcher: Launcher,
  normalization: Normalization,
  { dGamma, dBeta }: NormalizationGradients,
  partials: number,
  blocks: number,
): void {
  setNormalization(launcher, normalization);
  const p = launcher.integers;
  p[D_GAMMA] = dGamma;
  p[D_BETA] = dBeta;
  p[PARTIALS] = partials;
  p[BLOCKS] = blocks;
  p[CHANNELS_A_TASK] = CHANNELS_AT_ONCE;
  launcher.run('joinBackwardOfChannels', divideUp(normalization.channels, CHANNELS_AT_ONCE));
}

/** How many rows a task reads for its share of the sums: at most 64 blocks, so that joining them stays cheap. */
function rowsOfSums({ rows, channels }: Normalization): number {
  return Math.max(1, divideUp(rows, 64), Math.round((TASK_SIZE * 2) / channels));
}

type Kernels = Pick<
  SimdKernels,
  | 'measureStatistics'
  | 'normalize'
  | 'passThrough'
  | 'passBack'
  | 'batchNormTraining'
  | 'batchNormBackward'
  | 'batchNormInference'
>;

export function createBatchNormKernels(
  launcher: Launcher,
  memory: { allocate(bytes: number): number; release(offset: number): void },
): Kernels {
  const p = launcher.integers;
  const setRows = ({ rows, channels }: Normalization) => {
    const perTask = Math.max(1, Math.round(TASK_SIZE / channels));
    p[ROWS_A_TASK] = perTask;
    return divideUp(rows, perTask);
  };
  /** Blocks of rows, and room for what they leave. */
  const setBlocks = (normalization: Normalization) => {
    const perBlock = rowsOfSums(normalization);
    const blocks = divideUp(normalization.rows, perBlock);
    p[ROWS_A_TASK] = perBlock;
    const partials = launcher.workspace(blocks * partialBytes(normalization.channels) + 64);
    p[PARTIALS] = partials;
    return { blocks, partials };
  };
  const kernels: Kernels = {
    measureStatistics(x, normalization) {
      const { blocks, partials } = setBlocks(normalization);
      setNormalization(launcher, normalization);
      p[X] = x;
      launcher.run('statisticsOfRows', blocks);
      joinStatistics(launcher, normalization, partials, blocks);
    },

    normalize(x, y, normalization, added = 0) {
      setNormalization(launcher, normalization);
      p[X] = x;
      p[Y] = y;
      p[ADDED] = added;
      launcher.run('normalizeRows', setRows(normalization));
    },

    passThrough(x, d, g, normalization, gradients) {
      const { blocks, partials } = setBlocks(normalization);
      setNormalization(launcher, normalization);
      p[X] = x;
      p[DY] = d;
      p[Y] = g;
      launcher.run('throughRows', blocks);
      joinSums(launcher, normalization, gradients, partials, blocks);
    },

    passBack(x, g, dx, normalization) {
      setNormalization(launcher, normalization);
      p[X] = x;
      p[DY] = g;
      p[Y] = dx;
      launcher.run('gradientRows', setRows(normalization));
    },

    batchNormTraining({ x, y, activation = 'none', ...batchNorm }) {
      withTable({ ...batchNorm, activation }, (normalization) => {
        kernels.measureStatistics(x, normalization);
        kernels.normalize(x, y, normalization);
      });
    },

    batchNormBackward({ x, dy, dx, dGamma, dBeta, activation = 'none', ...batchNorm }) {
      withTable({ ...batchNorm, activation }, (normalization) => {
        setNormalization(launcher, normalization);
        launcher.run('tableOfChannels', 1);
        kernels.passThrough(x, dy, dx, normalization, { dGamma, dBeta });
        kernels.passBack(x, dx, dx, normalization);
      });
    },

    batchNormInference({ x, y, activation = 'none', ...batchNorm }) {
      withTable({ ...batchNorm, activation }, (normalization) => {
        setNormalization(launcher, normalization);
        launcher.run('tableOfChannels', 1);
        kernels.normalize(x, y, normalization);
      });
    },
  };
  /** With a table that lasts for one call. */
  function withTable(normalization: Omit<Normalization, 'table'>, use: (normalization: Normalization) => void): void {
    const table = memory.allocate(tableFloats(normalization.channels) * 4);
    try {
      use({ ...normalization, table });
    } finally {
      memory.release(table);
    }
  }
  return kernels;
}
