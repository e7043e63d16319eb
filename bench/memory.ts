/**
 * Measures the memory of a step that bench/step.ts times: the peak of the process beside PyTorch's for
 * the same step, and whether it stays flat over many steps. Prints a line a sample on stderr and JSON on stdout; exit
 * status 1 when a goal is missed.
 *
 *     node bench/memory.ts [--what distill|teacher] [--size 96] [--batch 32] [--stem-stride 2] [--steps 1000]
 *       [--backend auto] [--peer SCRIPT]
 *
 * Peaks are the largest resident memory of a process, program and libraries included. Flat: what is alive after a
 * garbage collection is at the end at most 2 % more than after a quarter of the steps, no tensor is left behind, and the
 * median resident memory of the last quarter is at most 10 % above that of the third: the JavaScript engine takes some
 * hundreds of steps to find the size of its heap, some tens of megabytes this way or that. The peer is a Python script that trains a few such steps; without it,
 * or without a Python with PyTorch ($PYTHON, /usr/bin/python3, python3), its part is null.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startCompute } from '../electron/engine/compute/index.ts';
import { Random } from '../electron/engine/core/random.ts';
import { openBenchTrainer } from '../electron/engine/run/bench/bench-step.ts';
import { drawBatch } from '../electron/engine/run/context/noise-batch.ts';
import { findPeer, timePeer, USUAL_PEER } from './pytorch.ts';
import type { StepShape } from './step-shape.ts';

/** The most that our peak may be of PyTorch's. */
const LARGEST_RATIO = 1.5;
/** The most that memory may grow over the steps. */
const LARGEST_GROWTH = { live: 0.02, resident: 0.1 };
const SAMPLES = 40;
const CLASSES = 10;

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'distill' },
    'stem-stride': { type: 'string', default: '2' },
    size: { type: 'string', default: '96' },
    batch: { type: 'string', default: '32' },
    steps: { type: 'string', default: '1000' },
    backend: { type: 'string', default: 'auto' },
    peer: { type: 'string', default: USUAL_PEER },
  },
});
const shape: StepShape = {
  what: values.what === 'teacher' ? 'teacher' : 'distill',
  size: Number(values.size),
  batch: Number(values.batch),
  stemStride: values['stem-stride'] === '1' ? 1 : 2,
};
const { size, batch } = shape;
const steps = Number(values.steps);

// startCompute refuses a name that it does not know.
const { backend, threads } = await startCompute({ backend: values.backend as BackendName | 'auto' });
const random = new Random('memory');
const trainer = openBenchTrainer({ ...shape, classes: CLASSES, random });
const images = drawBatch({ size, batch, classes: CLASSES, random });
const every = Math.max(1, Math.floor(steps / SAMPLES));
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
let liveBefore = 0;
const samples: { step: number; resident_bytes: number; tensors: number }[] = [];
for (let step = 1; step <= steps; step++) {
  await trainer.train([images], { epoch: 0, epochs: 1 });
  if (step === Math.ceil(steps / 4)) liveBefore = await measureLive();
  if (step % every !== 0) continue;
  const sample = { step, resident_bytes: process.memoryUsage.rss(), tensors: tf.memory().numTensors };
  samples.push(sample);
  process.stderr.write(`step ${step}: ${toMegabytes(sample.resident_bytes)} MB, ${sample.tensors} tensors\n`);
}
const liveAfter = await measureLive();
trainer.dispose();

const peakBytes = process.resourceUsage().maxRSS * 1024;
const quarter = samples.length >> 2;
const before = medianOf(samples.slice(-2 * quarter, -quarter));
const after = medianOf(samples.slice(-quarter));
const growth = { resident: share(after / before - 1), live: share(liveAfter / liveBefore - 1) };
const tensorsLeft = samples.at(-1)!.tensors - samples[0]!.tensors;
const peerBytes = measurePeer();
const ratio = peerBytes === null ? null : Number((peakBytes / peerBytes).toFixed(3));
const flat = growth.live <= LARGEST_GROWTH.live && growth.resident <= LARGEST_GROWTH.resident && tensorsLeft === 0;
const met = (ratio ?? 0) <= LARGEST_RATIO && flat;
const result = {
  what: 'memory',
  backend,
  threads,
  step: shape.what,
  stem_stride: shape.stemStride,
  size,
  batch,
  steps,
  peak_bytes: peakBytes,
  pytorch_peak_bytes: peerBytes,
  ratio,
  resident_bytes: { first: samples[0]!.resident_bytes, third_quarter: before, last_quarter: after },
  live_bytes: { after_a_quarter: liveBefore, at_the_end: liveAfter },
  growth,
  tensors_left: tensorsLeft,
  met,
};
const peak = ratio === null ? 'not compared' : `${ratio} x PyTorch's, ${LARGEST_RATIO} x allowed`;
process.stderr.write(
  `peak ${toMegabytes(peakBytes)} MB (${peak}), ${flat ? 'flat' : 'growing'} over ${steps} steps: ${met ? 'met' : 'missed'}\n`,
);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(met ? 0 : 1);

/** JavaScript objects and buffers that are in use, bytes. */
async function measureLive(): Promise<number> {
  collectGarbage();
  // What finalizers free goes with the second collection.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Largest resident memory of the peer over a few steps, bytes; null where it cannot be run. */
function measurePeer(): number | null {
  const peer = findPeer(values.peer);
  if (typeof peer !== 'string') return timePeer(peer, shape, { steps: 5 }).peak_bytes;
  process.stderr.write(`PyTorch is not measured. ${peer}\n`);
  return null;
}

function medianOf(rows: readonly { resident_bytes: number }[]): number {
  const sorted = rows.map(({ resident_bytes }) => resident_bytes).sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function share(value: number): number {
  return Number(value.toFixed(4));
}

function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
