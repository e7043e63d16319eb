import './gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../core/errors.ts';
import { BACKEND_NAMES, type BackendName, type Candidate, type Precision } from './candidate.ts';
import { cpu } from './cpu/open.ts';
import { runSelfTest, type SelfTestResult } from './self-test/self-test.ts';
import { simd } from './simd/open.ts';
import { tensorflow } from './tensorflow/open.ts';
import { webgpu } from './webgpu/open.ts';

export interface ComputeOptions {
  /** `auto` takes the first of `tensorflow`, `webgpu`, `simd`, `cpu` that is there and passes the self-test. */
  readonly backend?: 'auto' | BackendName;
  /** Threads of the back end `simd`; the number of cores by default. */
  readonly threads?: number | undefined;
  /** `mixed` is a wish: where the device has no 16-bit arithmetic the back end computes in f32, and says so. Default `f32`. */
  readonly precision?: Precision | undefined;
  /** For tests of mixed precision without such a device: rounds to 16 bits by arithmetic, at no gain in speed. */
  readonly emulateHalf?: boolean | undefined;
}

export interface ComputeDescription {
  readonly backend: BackendName;
  /** What computes, for the user: a processor's or graphics card's name. */
  readonly device: string;
  /** 0 where it is not ours to say. */
  readonly threads: number;
  /** What it computes in; `computePrecision()` gives the same. */
  readonly precision: Precision;
  /** Which of several builds of its kernels it runs, where there are several. */
  readonly kernels?: string | undefined;
  /** Why this back end and none of those before it, one sentence. */
  readonly reason: string;
  readonly selfTest: SelfTestResult;
}

const BY_NAME: Readonly<Record<BackendName, Candidate>> = { tensorflow, webgpu, simd, cpu };

/** In the order of choice. */
export const CANDIDATES: readonly Candidate[] = BACKEND_NAMES.map((name) => BY_NAME[name]);

let close: (() => Promise<void>) | undefined;
let active: ActiveCompute | null = null;
let activePrecision: Precision = 'f32';

export type ActiveCompute = Pick<ComputeDescription, 'backend' | 'device' | 'threads'>;

/** The back end that was started; null when there is none. */
export function activeCompute(): ActiveCompute | null {
  return active;
}

/** What the active back end computes in: whoever trains in `mixed` scales the loss. */
export function computePrecision(): Precision {
  return activePrecision;
}

/**
 * Chooses a back end, proves that it computes rightly and makes it the active one of tfjs. An earlier one is stopped
 * first: the numbers of its tensors are gone, and disposing them is all that may still be done.
 *
 * Throws `backend.unavailable` when the asked one is not there and `backend.wrong` when it fails its self-test; with
 * `auto` such a back end is skipped and named in `reason`. `candidates` are for tests.
 */
export async function startCompute(
  { backend = 'auto', threads, precision = 'f32', emulateHalf = false }: ComputeOptions = {},
  candidates: readonly Candidate[] = CANDIDATES,
): Promise<ComputeDescription> {
  await stopCompute();
  tf.enableProdMode();
  const passedOver: string[] = [];
  for (const candidate of candidates) {
    if (backend !== 'auto' && backend !== candidate.name) continue;
    const attempt = await tryCandidate(candidate, { threads, asked: backend !== 'auto', precision, emulateHalf });
    if ('error' in attempt) {
      if (backend !== 'auto') throw attempt.error;
      passedOver.push(`${candidate.name} was skipped (${attempt.clause})`);
      continue;
    }
    const reason = [backend === 'auto' ? `${candidate.name} is the fastest that works` : 'as requested', ...passedOver];
    if (attempt.precision !== precision) reason.push('it has no mixed precision here and computes in f32');
    return { ...attempt, backend: candidate.name, reason: reason.join('; ') };
  }
  throw new DecantError('backend.wrong', `No back end works here: ${passedOver.join('; ')}.`, { passedOver });
}

/** Ends the back end: the numbers of every tensor, the threads, their memory. Does nothing when none is active. */
export async function stopCompute(): Promise<void> {
  for (const { name } of CANDIDATES) if (tf.engine().findBackendFactory(name)) tf.removeBackend(name);
  await close?.();
  close = undefined;
  active = null;
  activePrecision = 'f32';
}

/** What `auto` would find of one back end, which is then the active one if it works. Never throws for what is lacking. */
export async function tryBackend(
  name: BackendName,
  { threads, precision = 'f32' }: Pick<ComputeOptions, 'threads' | 'precision'> = {},
): Promise<Attempt> {
  await stopCompute();
  tf.enableProdMode();
  return tryCandidate(BY_NAME[name], { threads, asked: false, precision, emulateHalf: false });
}

/** A back end that works, or why it does not: an error for people, its reason as a clause, and the self-test it failed. */
export type Attempt =
  | Omit<ComputeDescription, 'backend' | 'reason'>
  | { readonly error: DecantError; readonly clause: string; readonly selfTest: SelfTestResult | null };

async function tryCandidate(candidate: Candidate, options: Parameters<Candidate['open']>[0]): Promise<Attempt> {
  const { name } = candidate;
  const opened = await candidate.open(options);
  if ('unavailable' in opened) {
    const clause = opened.unavailable;
    const message = `The compute back end "${name}" is not available: ${clause}. Choose another one, or "auto".`;
    return { clause, selfTest: null, error: new DecantError('backend.unavailable', message, { backend: name }) };
  }
  close = opened.close;
  const { device, threads, precision = 'f32', kernels } = opened;
  activePrecision = precision;
  const selfTest = await runSelfTest(opened);
  if (selfTest.failure === undefined) {
    active = { backend: name, device, threads };
    return { device, threads, precision, kernels, selfTest };
  }
  await stopCompute();
  const clause = `it failed its self-test at ${selfTest.failure}`;
  const message = `The compute back end "${name}" computes incorrectly: ${clause}. Choose another one, or "auto".`;
  return { clause, selfTest, error: new DecantError('backend.wrong', message, { backend: name, ...selfTest }) };
}
