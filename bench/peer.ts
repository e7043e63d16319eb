/**
 * Times the same distillation step here and in PyTorch, side by side: the two take turns, so that a machine that slows
 * down slows down both. Prints a table on stderr and JSON on stdout; exit status 1 when a shape misses its goal.
 *
 *     node bench/peer.ts [--rounds 5] [--steps 10] [--shapes 32x64,96x32,224x8] [--backend auto] [--device cpu] [--peer SCRIPT]
 *
 * A shape is size x batch. The peer is a Python script that prints one line of JSON with `images_per_s`; a Python with
 * PyTorch is looked for in $PYTHON, /usr/bin/python3 and python3. Each round starts a new process on each side and
 * times the median of `steps` steps after three that warm up; the ratio of a shape is the ratio of the two medians
 * over the rounds. `--device cuda` lets PyTorch use its graphics card, where no ratio is asked for.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable } from '../shared/text/table.ts';

/** How many times PyTorch's images per second are asked for on a CPU; other shapes have no goal. */
const GOALS = new Map([
  ['32x64', 2],
  ['96x32', 1.25],
  ['224x8', 1],
]);

interface StepSpeed {
  readonly step_ms: number;
  readonly images_per_s: number;
  readonly threads: number;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '10' },
    shapes: { type: 'string', default: '32x64,96x32,224x8' },
    backend: { type: 'string', default: 'auto' },
    device: { type: 'string', default: 'cpu' },
    peer: { type: 'string', default: fileURLToPath(new URL('../../shared/bench/pytorch_peer.py', import.meta.url)) },
  },
});

const STEP = fileURLToPath(new URL('step.ts', import.meta.url));
const python = findPython();
if (!existsSync(values.peer)) fail(`There is no script of the peer at ${values.peer}; name one with --peer.`);
if (python === undefined) fail('No Python with PyTorch was found; name one in the environment variable PYTHON.');

const shapes = values.shapes.split(',').map((shape) => {
  const [size, batch] = shape.split('x').map(Number);
  if (!size || !batch) fail(`"${shape}" is no shape; write size x batch, for example 32x64.`);
  return { name: shape, size, batch };
});

const results = shapes.map(({ name, size, batch }) => {
  const step = ['--size', String(size), '--batch', String(batch), '--steps', values.steps];
  const ours: StepSpeed[] = [];
  const peers: StepSpeed[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    ours.push(run(process.execPath, [STEP, ...step, '--backend', values.backend]));
    peers.push(run(python, [values.peer, ...step, '--device', values.device]));
    process.stderr.write(`${name} round ${round}: ${ours.at(-1)?.images_per_s} and ${peers.at(-1)?.images_per_s}\n`);
  }
  const decant = summarize(ours);
  const pytorch = summarize(peers);
  const ratio = Number((decant.images_per_s / pytorch.images_per_s).toFixed(3));
  const goal = (values.device === 'cpu' ? GOALS.get(name) : undefined) ?? null;
  return { size, batch, decant, pytorch, ratio, goal, met: goal === null || ratio >= goal };
});

const rows = results.map(({ size, batch, decant, pytorch, ratio, goal }) => [
  `${size}x${size}, batch ${batch}`,
  `${decant.images_per_s} (${decant.threads})`,
  `${pytorch.images_per_s} (${pytorch.threads})`,
  `${ratio.toFixed(2)} x`,
  goal === null ? '' : `${goal.toFixed(2)} x`,
]);
const titles = ['Step', 'Decant, images/s (threads)', 'PyTorch, images/s (threads)', 'Ratio', 'Goal'];
const columns = titles.map((title, i) => ({ title, align: i === 0 ? ('left' as const) : ('right' as const) }));
process.stderr.write(`${formatTable(columns, rows)}\n`);
process.stdout.write(
  `${JSON.stringify({ rounds: Number(values.rounds), steps: Number(values.steps), device: values.device, results })}\n`,
);
process.exitCode = results.every(({ met }) => met) ? 0 : 1;

function run(command: string, args: readonly string[]): StepSpeed {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) fail(`${command} ${args.join(' ')} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** Medians over the rounds, with the slowest and the fastest. */
function summarize(speeds: readonly StepSpeed[]) {
  const sorted = [...speeds].sort((a, b) => a.step_ms - b.step_ms);
  const [fastest, middle, slowest] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!];
  const { step_ms, images_per_s, threads } = middle;
  return { step_ms, images_per_s, threads, range: [slowest.images_per_s, fastest.images_per_s] };
}

function findPython(): string | undefined {
  const candidates = [process.env.PYTHON, '/usr/bin/python3', 'python3'].filter((name) => name !== undefined);
  return candidates.find((name) => spawnSync(name, ['-c', 'import torchvision']).status === 0);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
