/** PyTorch's side of comparisons: finds a Python that has it, and times the peer's step in a process of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StepShape } from './step-shape.ts';

/** The script where a peer is usually kept, beside the repository. */
export const USUAL_PEER = fileURLToPath(new URL('../../shared/bench/pytorch_peer.py', import.meta.url));

export interface PeerSpeed {
  readonly step_ms: number;
  readonly images_per_s: number;
  readonly threads: number;
  /** Largest resident memory of the process, libraries included, bytes. */
  readonly peak_bytes: number;
}

export interface Peer {
  /** A Python with PyTorch and torchvision. */
  readonly python: string;
  /** Path of a script that takes `--what`, `--size`, `--batch`, `--stem-stride` and `--steps`, and prints a line of JSON. */
  readonly script: string;
}

/** Python runs the script, then prints the peak of its resident memory. */
const PROGRAM = [
  'import resource, runpy, sys',
  'sys.argv = sys.argv[1:]',
  "runpy.run_path(sys.argv[0], run_name='__main__')",
  'print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)',
].join('\n');

/** The script with a Python that has PyTorch ($PYTHON, /usr/bin/python3, python3), or one sentence that says what is missing. */
export function findPeer(script: string): Peer | string {
  if (!existsSync(script)) return `There is no script of the peer at ${script}; name one with --peer.`;
  const candidates = [process.env.PYTHON, '/usr/bin/python3', 'python3'].filter((name) => name !== undefined);
  const python = candidates.find((name) => spawnSync(name, ['-c', 'import torchvision']).status === 0);
  if (python === undefined) return 'No Python with PyTorch was found; name one in the environment variable PYTHON.';
  return { python, script };
}

/**
 * Times the median of `steps` steps in a new process.
 *
 * @throws Error with the process's complaints when it fails or takes longer than `limitMs`
 */
export function timePeer(
  { python, script }: Peer,
  shape: StepShape,
  { steps, flags = [], limitMs }: { steps: number; flags?: readonly string[]; limitMs?: number | undefined },
): PeerSpeed {
  const args = [script, ...stepFlags(shape), '--steps', String(steps), ...flags];
  const lines = runLines(python, ['-c', PROGRAM, ...args], limitMs);
  return { ...JSON.parse(lines.at(-2) ?? ''), peak_bytes: Number(lines.at(-1)) };
}

/** A step as both sides' scripts take it. */
export function stepFlags({ what, size, batch, stemStride }: StepShape): string[] {
  return ['--what', what, '--size', `${size}`, '--batch', `${batch}`, '--stem-stride', `${stemStride}`];
}

/** The lines that a program printed. @throws Error with its complaints when it fails or takes longer than `limitMs` */
export function runLines(command: string, args: readonly string[], limitMs?: number): string[] {
  const limit = limitMs === undefined ? {} : { timeout: limitMs, killSignal: 'SIGKILL' as const };
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    ...limit,
  });
  if (status === 0) return stdout.trim().split('\n');
  throw new Error(`${command} ${args.at(0)} … ${args.slice(-10).join(' ')} failed: ${error?.message ?? stderr.trim()}`);
}

/**
 * A Python program that loads PyTorch once: each line of JSON that it gets is the arguments of the peer's script, and it
 * answers with what the script printed last, the peak of the card's memory added (`device_bytes`), or with `{"error"}`.
 */
export const PEER_SERVER = [
  'import contextlib, gc, io, json, runpy, sys, torch',
  'for line in sys.stdin:',
  '    sys.argv = json.loads(line)',
  '    printed = io.StringIO()',
  '    cuda = torch.cuda.is_available()',
  '    if cuda: torch.cuda.reset_peak_memory_stats()',
  '    try:',
  '        with contextlib.redirect_stdout(printed):',
  "            runpy.run_path(sys.argv[0], run_name='__main__')",
  "        answer = json.loads(printed.getvalue().strip().split('\\n')[-1])",
  "        answer['device_bytes'] = torch.cuda.max_memory_allocated() if cuda else None",
  '    except BaseException as error:',
  "        answer = {'error': str(error).split('\\n')[0][:300] or type(error).__name__}",
  '    gc.collect()',
  '    if cuda: torch.cuda.empty_cache()',
  '    print(json.dumps(answer), flush=True)',
].join('\n');

/** Whether PyTorch finds a graphics card. */
export function hasCuda({ python }: Peer): boolean {
  return spawnSync(python, ['-c', 'import torch; raise SystemExit(not torch.cuda.is_available())']).status === 0;
}
