/**
 * Speed of the simd kernels, layer by layer of a MobileNetV2 training step and summed by kind, as one JSON object.
 *
 *     node bench/kernels.ts [--size 32] [--batch 64] [--stride 2] [--threads 2] [--variant wide]
 *
 * `--stride` is that of the first convolution; `--variant` takes one of `plain`, `relaxed`, `wide` instead of the fastest.
 * Times are the best of several runs, in microseconds, so that other load on the machine counts little.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { KernelVariant } from '../electron/engine/compute/simd/kernel-variants.ts';
import { startSimdRuntime } from '../electron/engine/compute/simd/runtime.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '32' },
    batch: { type: 'string', default: '64' },
    stride: { type: 'string', default: '2' },
    threads: { type: 'string', default: String(availableParallelism()) },
    variant: { type: 'string' },
  },
});
const batch = Number(values.batch);
const runtime = await startSimdRuntime({
  threads: Number(values.threads),
  // The runtime refuses a name that it does not know.
  variant: values.variant as KernelVariant | undefined,
});
const { kernels } = runtime;
await new Promise((resolve) => setTimeout(resolve, 300)); // Until the threads have come up.

interface Measured {
  kernel: string;
  shape: string;
  us: number;
  gflops?: number;
  gigabytesPerSecond?: number;
}

const RUNS = 7;
const MILLISECONDS_A_RUN = 4;

function bestTime(call: () => void): number {
  call();
  const start = performance.now();
  call();
  const once = Math.max(0.002, performance.now() - start);
  const repeats = Math.ceil(MILLISECONDS_A_RUN / once);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const from = performance.now();
    for (let repeat = 0; repeat < repeats; repeat++) call();
    best = Math.min(best, (performance.now() - from) / repeats);
  }
  return best * 1000;
}

const cache = new Map<string, Measured[]>();
const layers: Measured[][] = [];

/** Measures once for every shape, counts it every time. */
function measure(
  kind: string,
  shape: string,
  lengths: number[],
  calls: (at: number[]) => [string, number, number, () => void][],
) {
  const key = `${kind} ${shape}`;
  let found = cache.get(key);
  if (found === undefined) {
    const at = lengths.map((length) => {
      const offset = runtime.allocate(length * 4);
      const view = runtime.f32(offset, length);
      for (let i = 0; i < length; i++) view[i] = ((i * 7919) % 1000) / 1000 - 0.5;
      return offset;
    });
    found = calls(at).map(([name, flops, bytes, call]) => {
      const us = bestTime(call);
      const round = (value: number) => Math.round(value * 10) / 10;
      return {
        kernel: name,
        shape,
        us: round(us),
        ...(flops > 0 ? { gflops: round(flops / us / 1000) } : {}),
        gigabytesPerSecond: round(bytes / us / 1000),
      };
    });
    for (const offset of at) runtime.release(offset);
    cache.set(key, found);
  }
  layers.push(found);
}

function pointwise(pixels: number, from: number, to: number): void {
  const flops = 2 * pixels * from * to;
  const bytes = 4 * (pixels * (from + to) + from * to);
  measure(
    '1x1',
    `${pixels} pixels ${from} to ${to}`,
    [pixels * from, from * to, pixels * to],
    ([x = 0, w = 0, y = 0]) => [
      ['1x1 forward', flops, bytes, () => kernels.gemm({ a: x, b: w, c: y, m: pixels, n: to, k: from })],
      [
        '1x1 input gradient',
        flops,
        bytes,
        () => kernels.gemm({ a: y, b: w, c: x, m: pixels, n: from, k: to, transposeB: true }),
      ],
      [
        '1x1 filter gradient',
        flops,
        bytes,
        () => kernels.gemm({ a: x, b: y, c: w, m: from, n: to, k: pixels, transposeA: true }),
      ],
    ],
  );
}

function depthwise(size: number, channels: number, stride: number): void {
  const out = Math.ceil(size / stride);
  const shape = {
    ...{
      batch,
      channels,
      inHeight: size,
      inWidth: size,
      outHeight: out,
      outWidth: out,
      kernelHeight: 3,
      kernelWidth: 3,
    },
    ...{ strideHeight: stride, strideWidth: stride, padTop: 1, padLeft: 1 },
  };
  const [inFloats, outFloats] = [batch * size * size * channels, batch * out * out * channels];
  const flops = 18 * outFloats;
  const bytes = 4 * (inFloats + outFloats);
  measure(
    'depthwise',
    `${size}x${size}x${channels} stride ${stride}`,
    [inFloats, 9 * channels, outFloats],
    ([x = 0, w = 0, y = 0]) => [
      ['depthwise forward', flops, bytes, () => kernels.depthwise(shape, { x, filter: w, y })],
      [
        'depthwise input gradient',
        flops,
        bytes,
        () => kernels.depthwiseBackpropInput(shape, { dy: y, filter: w, dx: x }),
      ],
      [
        'depthwise filter gradient',
        flops,
        bytes,
        () => kernels.depthwiseBackpropFilter(shape, { x, dy: y, dFilter: w }),
      ],
    ],
  );
}

function batchNorm(rows: number, channels: number, activation: 'relu6' | 'none'): void {
  const length = rows * channels;
  const small = Array.from({ length: 6 }, () => channels);
  measure(
    'batch norm',
    `${rows}x${channels} ${activation}`,
    [length, length, length, ...small],
    ([x = 0, y = 0, dy = 0, gamma = 0, beta = 0, mean = 0, variance = 0, dGamma = 0, dBeta = 0]) => {
      const common = {
        x,
        y,
        dy,
        dx: dy,
        gamma,
        beta,
        mean,
        variance,
        dGamma,
        dBeta,
        rows,
        channels,
        epsilon: 1e-5,
        activation,
      };
      return [
        ['batch norm forward', 0, 12 * length, () => kernels.batchNormTraining(common)],
        ['batch norm backward', 0, 20 * length, () => kernels.batchNormBackward(common)],
      ];
    },
  );
}

function add(length: number): void {
  measure('add', String(length), [length, length, length], ([a = 0, b = 0, y = 0]) => [
    ['add', 0, 12 * length, () => kernels.binary('add', a, b, y, length)],
  ]);
}

function stem(size: number, stride: number): void {
  const out = Math.ceil(size / stride);
  const shape = {
    ...{ batch, inChannels: 3, outChannels: 32, inHeight: size, inWidth: size, outHeight: out, outWidth: out },
    ...{ kernelHeight: 3, kernelWidth: 3, strideHeight: stride, strideWidth: stride, padTop: 1, padLeft: 1 },
  };
  const flops = 2 * batch * out * out * 32 * 27;
  const bytes = 4 * batch * (size * size * 3 + out * out * 32);
  measure(
    'stem',
    `${size}x${size} stride ${stride}`,
    [batch * size * size * 3, 27 * 32, batch * out * out * 32],
    ([x = 0, filter = 0, y = 0]) => [
      ['stem forward', flops, bytes, () => kernels.conv2d(shape, { x, filter, y })],
      ['stem filter gradient', flops, bytes, () => kernels.conv2dBackpropFilter(shape, { x, dy: y, dFilter: filter })],
    ],
  );
}

/** Sandler et al. 2018, table 2: expansion, channels, repeats, stride. */
const BLOCKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

let size = Number(values.size);
stem(size, Number(values.stride));
size = Math.ceil(size / Number(values.stride));
batchNorm(batch * size * size, 32, 'relu6');
let channels = 32;
for (const [expansion, to, repeats, stride] of BLOCKS)
  for (let index = 0; index < repeats; index++) {
    const step = index === 0 ? stride : 1;
    const inside = channels * expansion;
    if (expansion > 1) {
      pointwise(batch * size * size, channels, inside);
      batchNorm(batch * size * size, inside, 'relu6');
    }
    depthwise(size, inside, step);
    size = Math.ceil(size / step);
    batchNorm(batch * size * size, inside, 'relu6');
    pointwise(batch * size * size, inside, to);
    batchNorm(batch * size * size, to, 'none');
    if (index > 0) for (let time = 0; time < 2; time++) add(batch * size * size * to); // Forward, and where gradients meet.
    channels = to;
  }
pointwise(batch * size * size, channels, 1280);
batchNorm(batch * size * size, 1280, 'relu6');

const parameters = 2_236_682;
measure(
  'sgd',
  String(parameters),
  [parameters, parameters, parameters],
  ([parameter = 0, gradient = 0, velocity = 0]) => [
    [
      'sgd',
      0,
      20 * parameters,
      () =>
        kernels.sgd({
          parameter,
          gradient,
          velocity,
          length: parameters,
          learningRate: 1e-9,
          momentum: 0.9,
          nesterov: true,
          weightDecay: 1e-4,
        }),
    ],
  ],
);

const totals: Record<string, number> = {};
let totalUs = 0;
for (const { kernel, us } of layers.flat()) {
  totals[kernel] = Math.round((totals[kernel] ?? 0) + us);
  totalUs += us;
}
await runtime.stop();
process.stdout.write(
  `${JSON.stringify(
    {
      what: 'kernels of one MobileNetV2 training step',
      ...{
        threads: runtime.threads,
        variant: runtime.variant,
        size: Number(values.size),
        batch,
        stride: Number(values.stride),
      },
      ...{ totalUs: Math.round(totalUs), imagesPerSecond: Math.round((batch / totalUs) * 1e6), totals },
      layers: [...cache.values()].flat(),
    },
    null,
    1,
  )}\n`,
);
