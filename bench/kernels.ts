/**
 * Where a step of training spends its time: every kernel of the simd back end by shape, as the step calls it (so that
 * what it reads is where the step left it), with arithmetic and memory traffic beside the time.
 *
 *     node bench/kernels.ts [--what distill|teacher] [--size 64] [--batch 64] [--stem-stride 1] [--steps 5]
 *       [--threads N] [--sum] [--json]
 *
 * A row is the median over the steps of one call's time, times the calls of a step. GFLOP/s counts a multiply-add as
 * two; GB/s counts each array that a kernel has to read or write once, which is the least that it can move. `--sum` adds
 * up the shapes of each kernel. Kernels are timed one by one, which the step itself does not wait for.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { startCompute } from '../electron/engine/compute/index.ts';
import type { SimdBackend } from '../electron/engine/compute/simd/backend.ts';
import type {
  ConvolutionShape,
  DepthwiseShape,
  GemmArguments,
  PointwiseStep,
} from '../electron/engine/compute/simd/kernel-types.ts';
import { Random } from '../electron/engine/core/random.ts';
import { openBenchTrainer } from '../electron/engine/run/bench/bench-step.ts';
import { drawBatch } from '../electron/engine/run/context/noise-batch.ts';
import { formatTable } from '../shared/text/table.ts';

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'distill' },
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '64' },
    'stem-stride': { type: 'string', default: '1' },
    steps: { type: 'string', default: '5' },
    threads: { type: 'string' },
    sum: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** What one call computes and moves at the least. */
interface Work {
  readonly shape: string;
  readonly flops?: number;
  readonly floats?: number;
}

const window = (s: DepthwiseShape | ConvolutionShape) =>
  `${s.inHeight}x${s.inWidth}, ${s.kernelHeight}x${s.kernelWidth}/${s.strideHeight}`;
const convolution = (s: ConvolutionShape): Work => ({
  shape: `${window(s)}, ${s.inChannels} to ${s.outChannels}`,
  flops: 2 * s.batch * s.outHeight * s.outWidth * s.outChannels * s.kernelHeight * s.kernelWidth * s.inChannels,
  floats: s.batch * (s.inHeight * s.inWidth * s.inChannels + s.outHeight * s.outWidth * s.outChannels),
});
const depthwise = (s: DepthwiseShape, products: number, readsOfX: number, readsOfZ: number): Work => ({
  shape: `${window(s)}, ${s.channels}`,
  flops: products * 2 * s.batch * s.outHeight * s.outWidth * s.channels * s.kernelHeight * s.kernelWidth,
  floats: s.batch * s.channels * (readsOfX * s.inHeight * s.inWidth + readsOfZ * s.outHeight * s.outWidth),
});
const product = (
  { rows, inChannels: k, outChannels: n }: PointwiseStep,
  products: number,
  xs: number,
  zs: number,
): Work => ({
  shape: `${rows} x ${k} to ${n}`,
  flops: products * 2 * rows * k * n,
  floats: rows * (xs * k + zs * n),
});

/** By kernel: what a call with these arguments computes. The arguments are those of kernel-types.ts. */
const WORK: Record<string, (...args: never[]) => Work> = {
  pointwise: (step: PointwiseStep) => product(step, 1, 1, 1),
  pointwiseBackward: (step: PointwiseStep, { gradient }: { gradient?: { accumulate: boolean } | undefined }) =>
    product(step, gradient ? 2 : 1, 1 + (gradient ? 1 : 0) + (gradient?.accumulate ? 1 : 0), 2),
  depthwiseNormalized: (shape: DepthwiseShape) => depthwise(shape, 1, 1, 1),
  depthwiseNormalizedBackward: (shape: DepthwiseShape) => depthwise(shape, 2, 2, 2),
  depthwise: (shape: DepthwiseShape) => depthwise(shape, 1, 1, 1),
  depthwiseBackpropInput: (shape: DepthwiseShape) => depthwise(shape, 1, 1, 1),
  depthwiseBackpropFilter: (shape: DepthwiseShape) => depthwise(shape, 1, 1, 1),
  conv2d: convolution,
  conv2dBackpropInput: convolution,
  conv2dBackpropFilter: convolution,
  gemm: ({ m, n, k }: GemmArguments) => ({
    shape: `${m} x ${k} x ${n}`,
    flops: 2 * m * n * k,
    floats: m * k + k * n + m * n,
  }),
};

const { threads } = await startCompute({
  backend: 'simd',
  threads: values.threads === undefined ? undefined : Number(values.threads),
});
const random = new Random('bench-kernels');
const [size, batch] = [Number(values.size), Number(values.batch)];
const trainer = openBenchTrainer({
  size,
  what: values.what === 'teacher' ? 'teacher' : 'distill',
  stemStride: values['stem-stride'] === '2' ? 2 : 1,
  classes: 10,
  random,
});
const images = drawBatch({ size, batch, classes: 10, random });
const step = () => trainer.train([images], { epoch: 0, epochs: 1 });
for (let i = 0; i < 3; i++) await step();

const backend = tf.backend() as SimdBackend; // Started as 'simd'.
const calls = new Map<string, { kernel: string; work: Work; timesMs: number[] }>();
for (const [name, kernel] of Object.entries(backend.kernels)) {
  let nested = false;
  const timed = (...args: never[]) => {
    if (nested) return Reflect.apply(kernel, undefined, args);
    nested = true;
    const work = WORK[name]?.(...args) ?? { shape: '' };
    const startedAt = performance.now();
    try {
      return Reflect.apply(kernel, undefined, args);
    } finally {
      backend.finish();
      nested = false;
      const key = `${name} ${work.shape}`;
      const entry = calls.get(key) ?? { kernel: name, work, timesMs: [] };
      entry.timesMs.push(performance.now() - startedAt);
      calls.set(key, entry);
    }
  };
  Object.assign(backend.kernels, { [name]: timed });
}
const steps = Number(values.steps);
for (let i = 0; i < steps; i++) await step();
trainer.dispose();

interface Row {
  readonly kernel: string;
  readonly shape: string;
  readonly calls: number;
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
}
let rows = [...calls.values()].map(({ kernel, work, timesMs }): Row => {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const count = timesMs.length / steps;
  const total = (value = 0) => value * count;
  return {
    kernel,
    shape: work.shape,
    calls: count,
    ms: sorted[sorted.length >> 1]! * count,
    flops: total(work.flops),
    bytes: total(work.floats) * 4,
  };
});
if (values.sum) {
  const kernels = [...new Set(rows.map(({ kernel }) => kernel))];
  rows = kernels.map((kernel) => {
    const own = rows.filter((row) => row.kernel === kernel);
    const add = (value: (row: Row) => number) => own.reduce((sum, row) => sum + value(row), 0);
    const sums = { calls: add((row) => row.calls), ms: add((row) => row.ms) };
    return { kernel, shape: '', ...sums, flops: add((row) => row.flops), bytes: add((row) => row.bytes) };
  });
}
rows.sort((a, b) => b.ms - a.ms);
const totalMs = rows.reduce((sum, { ms }) => sum + ms, 0);
const rate = (amount: number, ms: number) => (amount === 0 ? '' : (amount / ms / 1e6).toFixed(0));
const titles = ['Kernel', 'Shape', 'Calls', 'ms a step', 'Share', 'GFLOP/s', 'GB/s'];
const columns = titles.map((title, i) => ({ title, align: i < 2 ? ('left' as const) : ('right' as const) }));
const table = rows.map(({ kernel, shape, calls, ms, flops, bytes }) => [
  kernel,
  shape,
  String(calls),
  ms.toFixed(2),
  `${((100 * ms) / totalMs).toFixed(1)} %`,
  rate(flops, ms),
  rate(bytes, ms),
]);
if (values.json) process.stdout.write(`${JSON.stringify({ threads, size, batch, totalMs, rows })}\n`);
else process.stdout.write(`${formatTable(columns, table)}\n${totalMs.toFixed(1)} ms in kernels, ${threads} threads\n`);
process.exit(0);
