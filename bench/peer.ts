/**
 * Times the same steps of training here and in PyTorch, side by side: the two take turns, and each round the other one
 * begins, so that a machine that slows down slows down both. Prints a table on stderr and JSON on stdout; exit status 1
 * when a step misses its goal.
 *
 *     node bench/peer.ts [--rounds 5] [--steps 10] [--shapes teacher:32x64s1,distill:96x32,…] [--backend auto]
 *       [--device cpu] [--peer SCRIPT]
 *
 * A shape is `distill:` (may be left out) or `teacher:`, size x batch, and `s1` for a first convolution of stride 1. The
 * peer is a Python script that prints one line of JSON with `images_per_s`; a Python with PyTorch is looked for in
 * $PYTHON, /usr/bin/python3 and python3. Each round starts a new process on each side and times the median of `steps`
 * steps after three that warm up; the ratio of a shape is the ratio of the two medians over the rounds. Memory is the
 * largest resident memory of a process in any round. `--device cuda` lets PyTorch use its graphics card, where no ratio
 * is asked for.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable } from '../shared/text/table.ts';
import { findPeer, type PeerSpeed, runLines, stepFlags, timePeer, USUAL_PEER } from './pytorch.ts';
import { describeStepShape, formatStepShape, parseStepShape, type StepShape } from './step-shape.ts';

/** How many times PyTorch's images per second are asked for on a CPU; other shapes have no goal. */
const GOALS = new Map([
  ['teacher:32x64s1', 2.5],
  ['teacher:64x64s1', 2],
  ['distill:32x64s1', 2.5],
  ['distill:64x64s1', 2],
  ['distill:96x32', 2],
  ['distill:224x8', 1.6],
]);

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '10' },
    shapes: { type: 'string', default: [...GOALS.keys()].join(',') },
    backend: { type: 'string', default: 'auto' },
    device: { type: 'string', default: 'cpu' },
    peer: { type: 'string', default: USUAL_PEER },
  },
});
const [rounds, steps] = [Number(values.rounds), Number(values.steps)];
const STEP = fileURLToPath(new URL('step.ts', import.meta.url));

const shapes = orFail(() => values.shapes.split(',').map(parseStepShape));
const peer = findPeer(values.peer);
if (typeof peer === 'string') fail(peer);

const results = shapes.map((shape) => {
  const speeds = { decant: [] as PeerSpeed[], pytorch: [] as PeerSpeed[] };
  const time = {
    decant: () => timeOurs(shape),
    pytorch: () => timePeer(peer, shape, { steps, flags: ['--device', values.device] }),
  };
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 === 1 ? (['decant', 'pytorch'] as const) : (['pytorch', 'decant'] as const);
    for (const side of order) speeds[side].push(orFail(time[side]));
    const [ours, theirs] = [speeds.decant.at(-1)!, speeds.pytorch.at(-1)!];
    const ratio = (ours.images_per_s / theirs.images_per_s).toFixed(2);
    process.stderr.write(
      `${formatStepShape(shape)} round ${round}: ${ours.images_per_s} and ${theirs.images_per_s} images/s, ${ratio} x\n`,
    );
  }
  const [decant, pytorch] = [summarize(speeds.decant), summarize(speeds.pytorch)];
  const ratio = toThousandths(decant.images_per_s / pytorch.images_per_s);
  const memoryRatio = toThousandths(decant.peak_bytes / pytorch.peak_bytes);
  const goal = (values.device === 'cpu' ? GOALS.get(formatStepShape(shape)) : undefined) ?? null;
  const met = goal === null || ratio >= goal;
  return { ...shape, decant, pytorch, ratio, goal, met, memory_ratio: memoryRatio };
});

const rows = results.map((result) => [
  describeStepShape(result),
  `${result.decant.images_per_s} (${result.decant.threads})`,
  `${result.pytorch.images_per_s} (${result.pytorch.threads})`,
  `${result.ratio.toFixed(2)} x`,
  result.goal === null ? '' : `${result.goal.toFixed(2)} x${result.met ? '' : ', missed'}`,
  toMegabytes(result.decant.peak_bytes),
  toMegabytes(result.pytorch.peak_bytes),
  `${result.memory_ratio.toFixed(2)} x`,
]);
const titles = [
  ...['Step', 'Decant, images/s (threads)', 'PyTorch, images/s (threads)', 'Ratio', 'Goal'],
  ...['Decant, peak MB', 'PyTorch, peak MB', 'Ratio'],
];
const columns = titles.map((title, i) => ({ title, align: i === 0 ? ('left' as const) : ('right' as const) }));
process.stderr.write(`${formatTable(columns, rows)}\n`);
process.stdout.write(`${JSON.stringify({ rounds, steps, device: values.device, results })}\n`);
process.exitCode = results.every(({ met }) => met) ? 0 : 1;

function timeOurs(shape: StepShape): PeerSpeed {
  const args = [STEP, ...stepFlags(shape), '--steps', values.steps, '--backend', values.backend];
  return JSON.parse(runLines(process.execPath, args).at(-1) ?? '');
}

/** Medians over the rounds, with the slowest and the fastest, and the largest memory. */
function summarize(speeds: readonly PeerSpeed[]) {
  const sorted = [...speeds].sort((a, b) => a.step_ms - b.step_ms);
  const [fastest, middle, slowest] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!];
  const { step_ms, images_per_s, threads } = middle;
  const peak_bytes = Math.max(...speeds.map((speed) => speed.peak_bytes));
  return { step_ms, images_per_s, threads, range: [slowest.images_per_s, fastest.images_per_s], peak_bytes };
}

function toThousandths(value: number): number {
  return Number(value.toFixed(3));
}

function toMegabytes(bytes: number): string {
  return String(Math.round(bytes / 1e6));
}

function orFail<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
