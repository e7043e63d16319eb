import { ACTIVATION_CODES } from './activation-codes.ts';
import { joinStatistics, joinSums, partialBytes, rowBytes } from './batch-norm-kernels.ts';
import { setConvolution } from './convolution-kernels.ts';
import { divideColumns, divideInner, EDGE_BYTES, joinPartials, packedBytes, packMatrix } from './gemm-kernels.ts';
import type { PointwiseStep, SimdKernels } from './kernel-types.ts';
import { type Launcher, scratchStride } from './launcher.ts';

// Parameter slots beside those of convolutions, the same in assembly/pointwise.ts.
const X = 50;
const X_TABLE = 51;
const X_ROW = 52;
const X_ACTIVATION = 53;
const GATE = 54;
const PIXELS = 55;
const FROM_IMAGE = 56;
const ROWS = 57;
const K = 58;
const N = 59;
const Z = 60;
const Z_TABLE = 61;
const Z_ROW = 62;
const G = 63;
const DX = 64;
const DX_FLAGS = 65;
const PACKED = 66;
const INNER_BLOCK = 67;
const COLUMN_BLOCK = 68;
const ROWS_A_TASK = 69;
const ROWS_AT_ONCE = 70;
const PARTIALS = 71;
const PARTIAL_BYTES = 72;
const D_FILTER = 73;
const D_FILTER_BYTES = 74;
const SCRATCH = 75;
const SCRATCH_STRIDE = 76;
const PACKS = 77;

const ACCUMULATE = 1;
const THROUGH = 2;

/** Floats of a block of rows, and of both sides of one backward: they stay in the second-level cache beside the filter. */
const BLOCK_FLOATS = 24_576;
/** Rows of a block: whole register tiles of every variant. */
const FEWEST_ROWS = 12;
const MOST_ROWS = 96;
const FEW_ROWS = 256;
/** Tasks at most: what each leaves has to be joined. */
const MOST_TASKS = 48;
const MOST_BACKWARD_TASKS = 24;
/** Multiply-adds that make a task worth handing over. */
const TASK_SIZE = 1 << 18;
/** Channels of the input from which on it pays to pack both sides of the filter's gradient. */
const PACKED_CHANNELS = 48;

const divideUp = (value: number, by: number) => Math.ceil(value / by);
const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

/** Whether a map has rows enough for its tasks to be worth the packing. */
export function pointwiseByRows({ rows, patches }: PointwiseStep): boolean {
  return patches !== undefined || rows > FEW_ROWS;
}

/**
 * Whether both gradients are best made in one pass: every task leaves a share of the filter's, which takes longer to join than
 * a small map to read twice.
 */
export function backwardByRows({ rows, inChannels, outChannels, patches }: PointwiseStep): boolean {
  return patches !== undefined || rows * (inChannels + outChannels) >= MOST_BACKWARD_TASKS * inChannels * outChannels;
}

function rowsAtOnce(floatsARow: number): number {
  const rows = Math.floor(BLOCK_FLOATS / floatsARow / FEWEST_ROWS) * FEWEST_ROWS;
  return Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, rows));
}

function setStep(
  launcher: Launcher,
  step: PointwiseStep,
  { atOnce, mostTasks }: { atOnce: number; mostTasks: number },
): number {
  const { rows, inChannels, outChannels, input, patches, output } = step;
  const p = launcher.integers;
  if (patches) setConvolution(launcher, patches);
  p[X] = input.x;
  p[X_TABLE] = input.normalization?.table ?? 0;
  p[X_ROW] = rowBytes(inChannels);
  p[X_ACTIVATION] = ACTIVATION_CODES[input.normalization?.activation ?? 'none'];
  p[GATE] = input.gate ?? 0;
  p[PIXELS] = step.pixels;
  p[FROM_IMAGE] = patches ? 1 : 0;
  p[ROWS] = rows;
  p[K] = inChannels;
  p[N] = outChannels;
  p[Z] = step.z;
  p[Z_TABLE] = output.table;
  p[Z_ROW] = rowBytes(outChannels);
  const worthwhile = divideUp(TASK_SIZE, inChannels * outChannels);
  const perTask = roundUp(Math.max(divideUp(rows, mostTasks), worthwhile), atOnce);
  p[ROWS_AT_ONCE] = atOnce;
  p[ROWS_A_TASK] = perTask;
  return divideUp(rows, perTask);
}

export function createPointwiseKernels(launcher: Launcher): Pick<SimdKernels, 'pointwise' | 'pointwiseBackward'> {
  const p = launcher.integers;
  return {
    pointwise(step) {
      const { inChannels: k, outChannels: n, output } = step;
      const atOnce = rowsAtOnce(k);
      const tasks = setStep(launcher, step, { atOnce, mostTasks: MOST_TASKS });
      const partials = roundUp(tasks * partialBytes(n), 64);
      const packed = packedBytes(k, n);
      const scratch = scratchStride(EDGE_BYTES + atOnce * k * 4 + 64);
      const room = launcher.workspace(packed + partials + scratch * launcher.threads);
      const inner = divideInner(k);
      packMatrix(launcher, { b: step.filter, n, k, transposed: false, packed: room, innerBlock: inner });
      p[PACKED] = room;
      p[INNER_BLOCK] = inner;
      p[COLUMN_BLOCK] = divideColumns(inner);
      p[PARTIALS] = room + packed;
      p[PARTIAL_BYTES] = partialBytes(n);
      p[SCRATCH] = room + packed + partials;
      p[SCRATCH_STRIDE] = scratch;
      launcher.run('pointwiseRows', tasks);
      joinStatistics(launcher, output, room + packed, tasks);
    },

    pointwiseBackward(step, { g, dFilter, gradient }) {
      const { inChannels: k, outChannels: n, input } = step;
      const atOnce = rowsAtOnce(k + n);
      const tasks = setStep(launcher, step, { atOnce, mostTasks: MOST_BACKWARD_TASKS });
      const shareBytes = roundUp(k * n * 4, 64);
      const partials = roundUp(tasks * partialBytes(k), 64);
      const packed = gradient ? packedBytes(n, k) : 0;
      const floats = n + k + roundUp(n, 8) + 6;
      const scratch = scratchStride(EDGE_BYTES + atOnce * floats * 4 + 256);
      const room = launcher.workspace(packed + partials + tasks * shareBytes + scratch * launcher.threads);
      const inner = divideInner(n);
      if (gradient)
        packMatrix(launcher, { b: step.filter, n: k, k: n, transposed: true, packed: room, innerBlock: inner });
      p[G] = g;
      p[DX] = gradient?.dx ?? 0;
      p[DX_FLAGS] = (gradient?.accumulate ? ACCUMULATE : 0) | (gradient?.through ? THROUGH : 0);
      p[PACKED] = room;
      p[INNER_BLOCK] = inner;
      p[COLUMN_BLOCK] = divideColumns(inner);
      p[PARTIALS] = room + packed;
      p[PARTIAL_BYTES] = partialBytes(k);
      p[D_FILTER] = room + packed + partials;
      p[D_FILTER_BYTES] = shareBytes;
      p[SCRATCH] = room + packed + partials + tasks * shareBytes;
      p[SCRATCH_STRIDE] = scratch;
      p[PACKS] = k >= PACKED_CHANNELS ? 1 : 0;
      launcher.run('pointwiseBackwardRows', tasks);
      const shares = room + packed + partials;
      joinPartials(launcher, {
        partials: shares,
        target: dFilter,
        count: k * n,
        blocks: tasks,
        stride: shareBytes / 4,
      });
      if (gradient?.through && input.normalization)
        joinSums(launcher, input.normalization, gradient.through, room + packed, tasks);
    },
  };
}
