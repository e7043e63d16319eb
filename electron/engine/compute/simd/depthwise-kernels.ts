import { ACTIVATION_CODES } from './activation-codes.ts';
import { joinStatistics, joinSums, partialBytes, rowBytes } from './batch-norm-kernels.ts';
import { joinPartials } from './gemm-kernels.ts';
import type { DepthwiseShape, SimdKernels } from './kernel-types.ts';
import { type Launcher, scratchStride } from './launcher.ts';

// Parameter slots, the same in assembly/depthwise.ts.
const X = 0;
const FILTER = 1;
const Y = 2;
const BIAS = 3;
const ACTIVATION = 4;
const BATCH = 5;
const IN_HEIGHT = 6;
const IN_WIDTH = 7;
const CHANNELS = 8;
const OUT_HEIGHT = 9;
const OUT_WIDTH = 10;
const KERNEL_HEIGHT = 11;
const KERNEL_WIDTH = 12;
const STRIDE_HEIGHT = 13;
const STRIDE_WIDTH = 14;
const PAD_TOP = 15;
const PAD_LEFT = 16;
const ROWS_A_TASK = 17;
const PARTIALS = 18;
const IMAGES_A_TASK = 19;
const CHANNELS_A_TASK = 20;
const PARTIAL_STRIDE = 21;
const SCRATCH = 22;
const SCRATCH_STRIDE = 23;
const X_TABLE = 24;
const X_ROW = 25;
const X_ACTIVATION = 26;
const Z = 27;
const Z_TABLE = 28;
const G = 29;
const DX = 30;
const STATISTICS = 31;
const STATISTICS_BYTES = 32;
const ACCUMULATE = 33;

/** Narrower maps are nearly all edge. */
const NARROW = 4;

/** Multiply-adds that make a task worth handing over. */
const TASK_SIZE = 1 << 16;

const divideUp = (value: number, by: number) => Math.ceil(value / by);
const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

function setShape(launcher: Launcher, shape: DepthwiseShape): void {
  const p = launcher.integers;
  p[BIAS] = 0;
  p[ACTIVATION] = 0;
  p[BATCH] = shape.batch;
  p[IN_HEIGHT] = shape.inHeight;
  p[IN_WIDTH] = shape.inWidth;
  p[CHANNELS] = shape.channels;
  p[OUT_HEIGHT] = shape.outHeight;
  p[OUT_WIDTH] = shape.outWidth;
  p[KERNEL_HEIGHT] = shape.kernelHeight;
  p[KERNEL_WIDTH] = shape.kernelWidth;
  p[STRIDE_HEIGHT] = shape.strideHeight;
  p[STRIDE_WIDTH] = shape.strideWidth;
  p[PAD_TOP] = shape.padTop;
  p[PAD_LEFT] = shape.padLeft;
}

function runForward(launcher: Launcher, shape: DepthwiseShape): void {
  const rows = shape.batch * shape.outHeight;
  const perRow = shape.outWidth * shape.channels * shape.kernelHeight * shape.kernelWidth;
  const rowsATask = Math.max(1, Math.round(TASK_SIZE / Math.max(1, perRow)));
  launcher.integers[ROWS_A_TASK] = rowsATask;
  launcher.run('depthwise', divideUp(rows, rowsATask));
}

/** Whether a shape has its fast path row by row: 3 x 3 or 5 x 5, one stride of 1 or 2, padding smaller than the window. */
export function depthwiseByRows(shape: DepthwiseShape): boolean {
  const { kernelHeight, kernelWidth: taps, strideHeight, strideWidth, padTop, padLeft } = shape;
  const square =
    kernelHeight === taps && (taps === 3 || taps === 5) && strideHeight === strideWidth && strideWidth <= 2;
  return square && padTop >= 0 && padTop < taps && padLeft >= 0 && padLeft < taps && shape.outWidth >= NARROW;
}

function runFilterGradientByRows(
  launcher: Launcher,
  shape: DepthwiseShape,
  { x, dy, dFilter }: { x: number; dy: number; dFilter: number },
): void {
  const p = launcher.integers;
  const taps = shape.kernelWidth;
  const floats = taps * taps * shape.channels;
  const stride = divideUp(floats, 16) * 16 + 16;
  // At most 32 groups of images, so that joining their sums stays cheap.
  const perImage = Math.max(1, shape.outHeight * shape.outWidth * floats);
  const imagesATask = Math.max(1, divideUp(shape.batch, 32), Math.round((TASK_SIZE * 2) / perImage));
  const groups = divideUp(shape.batch, imagesATask);
  const columns = (divideUp(shape.outWidth, 4) * 4 - 1) * shape.strideWidth + taps;
  const rowBytes = columns * shape.channels * 4 + 16;
  const scratch = scratchStride(rowBytes * taps + shape.channels * 16 + 64);
  const sums = divideUp(groups * stride * 4, 64) * 64;
  const workspace = launcher.workspace(sums + scratch * launcher.threads);
  setShape(launcher, shape);
  p[X] = x;
  p[Y] = dy;
  p[PARTIALS] = workspace;
  p[PARTIAL_STRIDE] = stride;
  p[IMAGES_A_TASK] = imagesATask;
  p[SCRATCH] = workspace + sums;
  p[SCRATCH_STRIDE] = scratch;
  launcher.run('depthwiseBackpropFilterRows', groups);
  joinPartials(launcher, { partials: workspace, target: dFilter, count: floats, blocks: groups, stride });
}

/** Room in a thread's scratch for the addresses of rows; assembly/depthwise-rows.ts has the same. */
const LIST_BYTES = 64;
/** Bytes behind every row of a ring. */
const SLOT_SLACK = 64;

/** Bytes of the rows that assembly/depthwise-rows.ts keeps in a ring for each row of the filter. */
function ringBytes(shape: DepthwiseShape): { x: number; gradient: number } {
  const { kernelWidth: taps, strideWidth: stride, padLeft, inWidth, outWidth, channels } = shape;
  const groups = roundUp(outWidth, 4);
  const ofX = Math.max((groups - 1) * stride + taps, padLeft + inWidth);
  const before = stride === 1 ? taps - 1 - padLeft : (taps - 1) >> 1;
  const forInput =
    stride === 1 ? roundUp(inWidth, 4) + taps - 1 : roundUp(inWidth + padLeft, 8) / 2 + ((taps - 1) >> 1);
  const ofGradient = Math.max(forInput, before + groups);
  const bytes = (columns: number) => taps * (columns * channels * 4 + SLOT_SLACK);
  return { x: bytes(ofX), gradient: bytes(ofGradient) };
}

type Kernels = Pick<
  SimdKernels,
  | 'depthwise'
  | 'depthwiseBackpropInput'
  | 'depthwiseBackpropFilter'
  | 'depthwiseNormalized'
  | 'depthwiseNormalizedBackward'
>;

export function createDepthwiseKernels(launcher: Launcher): Kernels {
  const p = launcher.integers;
  const setNormalized = (
    shape: DepthwiseShape,
    { x, input, filter, z, output }: Parameters<SimdKernels['depthwiseNormalized']>[1],
  ) => {
    setShape(launcher, shape);
    p[X] = x;
    p[FILTER] = filter;
    p[X_TABLE] = input?.table ?? 0;
    p[X_ROW] = rowBytes(shape.channels);
    p[X_ACTIVATION] = ACTIVATION_CODES[input?.activation ?? 'none'];
    p[Z] = z;
    p[Z_TABLE] = output.table;
    p[STATISTICS_BYTES] = partialBytes(shape.channels);
  };
  return {
    depthwiseNormalized(shape, step) {
      const rows = shape.batch * shape.outHeight;
      const perRow = shape.outWidth * shape.channels * shape.kernelHeight * shape.kernelWidth;
      // A task normalizes the rows around its own once more, and leaves statistics that have to be joined.
      const worthwhile = Math.max(divideUp(TASK_SIZE * 4, perRow), Math.min(shape.outHeight, 2 * shape.kernelHeight));
      const rowsATask = Math.max(divideUp(rows, 64), worthwhile);
      const tasks = divideUp(rows, rowsATask);
      const partials = divideUp(tasks * partialBytes(shape.channels), 64) * 64;
      const scratch = scratchStride(LIST_BYTES + ringBytes(shape).x + 64);
      const room = launcher.workspace(partials + scratch * launcher.threads);
      setNormalized(shape, step);
      p[ROWS_A_TASK] = rowsATask;
      p[STATISTICS] = room;
      p[SCRATCH] = room + partials;
      p[SCRATCH_STRIDE] = scratch;
      launcher.run('depthwiseRows', tasks);
      joinStatistics(launcher, step.output, room, tasks);
    },

    depthwiseNormalizedBackward(shape, step, { g, dFilter, gradient: { dx, accumulate, through } }) {
      const floats = shape.kernelHeight * shape.kernelWidth * shape.channels;
      const perImage = shape.outHeight * shape.outWidth * floats;
      const imagesATask = Math.max(1, divideUp(shape.batch, 32), Math.round((TASK_SIZE * 2) / perImage));
      const tasks = divideUp(shape.batch, imagesATask);
      const share = roundUp(floats, 16) + 16;
      const shares = tasks * share * 4;
      const sums = roundUp(tasks * partialBytes(shape.channels), 64);
      const ring = ringBytes(shape);
      const made = (shape.inWidth + 16) * shape.channels * 4;
      const scratch = scratchStride(LIST_BYTES + floats * 4 + 64 + made + ring.x + ring.gradient + 64);
      const room = launcher.workspace(shares + sums + scratch * launcher.threads);
      setNormalized(shape, step);
      p[G] = g;
      p[DX] = dx;
      p[ACCUMULATE] = accumulate ? 1 : 0;
      p[PARTIALS] = room;
      p[PARTIAL_STRIDE] = share;
      p[IMAGES_A_TASK] = imagesATask;
      p[STATISTICS] = room + shares;
      p[SCRATCH] = room + shares + sums;
      p[SCRATCH_STRIDE] = scratch;
      launcher.run('depthwiseBackwardRows', tasks);
      joinPartials(launcher, { partials: room, target: dFilter, count: floats, blocks: tasks, stride: share });
      if (step.input && through) joinSums(launcher, step.input, through, room + shares, tasks);
    },

    depthwise(shape, { x, filter, y, bias, activation }) {
      setShape(launcher, shape);
      p[X] = x;
      p[FILTER] = filter;
      p[Y] = y;
      p[BIAS] = bias ?? 0;
      p[ACTIVATION] = ACTIVATION_CODES[activation ?? 'none'];
      runForward(launcher, shape);
    },

    depthwiseBackpropInput(shape, { dy, filter, dx }) {
      if (shape.strideHeight === 1 && shape.strideWidth === 1) {
        // The same convolution of dy with the filter turned around.
        const flipped = launcher.workspace(shape.kernelHeight * shape.kernelWidth * shape.channels * 4 + 64);
        setShape(launcher, shape);
        p[FILTER] = filter;
        p[Y] = flipped;
        launcher.run('flipFilter', 1);
        const turned: DepthwiseShape = {
          ...shape,
          inHeight: shape.outHeight,
          inWidth: shape.outWidth,
          outHeight: shape.inHeight,
          outWidth: shape.inWidth,
          padTop: shape.kernelHeight - 1 - shape.padTop,
          padLeft: shape.kernelWidth - 1 - shape.padLeft,
        };
        if (turned.padTop >= 0 && turned.padLeft >= 0) {
          setShape(launcher, turned);
          p[X] = dy;
          p[FILTER] = flipped;
          p[Y] = dx;
          runForward(launcher, turned);
          return;
        }
      }
      setShape(launcher, shape);
      p[X] = dy;
      p[FILTER] = filter;
      p[Y] = dx;
      const perRow = shape.inWidth * shape.channels * shape.kernelHeight * shape.kernelWidth;
      const taps = shape.strideHeight * shape.strideWidth;
      const rowsATask = Math.max(1, Math.round((TASK_SIZE * taps) / Math.max(1, perRow)));
      p[ROWS_A_TASK] = rowsATask;
      launcher.run('depthwiseBackpropInput', divideUp(shape.batch * shape.inHeight, rowsATask));
    },

    depthwiseBackpropFilter(shape, { x, dy, dFilter }) {
      if (depthwiseByRows(shape)) {
        runFilterGradientByRows(launcher, shape, { x, dy, dFilter });
        return;
      }
      const taps = shape.kernelHeight * shape.kernelWidth;
      const perImage = shape.outHeight * shape.outWidth * shape.channels * taps;
      const imagesATask = Math.max(1, Math.ceil(shape.batch / 16), Math.round((TASK_SIZE * 4) / Math.max(1, perImage)));
      const groups = Math.max(1, divideUp(shape.batch, imagesATask));
      const blocks = divideUp(shape.channels, 16);
      // Where there is one group of images, the channels are shared out among the threads.
      const blocksATask = groups >= 8 ? blocks : Math.max(1, Math.floor(blocks / divideUp(8, groups)));
      const floats = taps * shape.channels;
      const stride = Math.ceil(floats / 16) * 16 + 16;
      const partials = groups === 1 ? dFilter : launcher.workspace(groups * stride * 4 + 64);
      setShape(launcher, shape);
      p[X] = x;
      p[Y] = dy;
      p[PARTIALS] = partials;
      p[PARTIAL_STRIDE] = stride;
      p[IMAGES_A_TASK] = imagesATask;
      p[CHANNELS_A_TASK] = blocksATask * 16;
      launcher.run('depthwiseBackpropFilter', groups * divideUp(shape.channels, blocksATask * 16));
      if (groups > 1) joinPartials(launcher, { partials, target: dFilter, count: floats, blocks: groups, stride });
    },
  };
}
