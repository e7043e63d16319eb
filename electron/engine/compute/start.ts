import './gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../core/errors.ts';
import { BACKENDS, type BackendName } from './backends.ts';
import { runSelfTest, type SelfTestResult } from './self-test/self-test.ts';

export interface ComputeOptions {
  /** `auto` takes the first of `tensorflow`, `webgpu`, `simd`, `cpu` that is there and passes the self-test. */
  readonly backend?: 'auto' | BackendName;
  /** Threads of the CPU back end; the number of cores by default. */
  readonly threads?: number;
}

export interface ComputeDescription {
  readonly backend: BackendName;
  /** What computes, for the user: a processor's or graphics card's name. */
  readonly device: string;
  readonly threads: number;
  /** Why this back end and none of those before it, one sentence. */
  readonly reason: string;
  readonly selfTest: SelfTestResult;
}

/**
 * Chooses a back end, proves that it computes rightly and makes it the active one of tfjs.
 *
 * Throws `backend.unavailable` when the asked one is not there and `backend.wrong` when it fails its self-test; with
 * `auto` such a back end is passed over and named in `reason`.
 */
export async function startCompute({ backend = 'auto', threads }: ComputeOptions = {}): Promise<ComputeDescription> {
  tf.enableProdMode();
  await stopCompute();
  const skipped: string[] = [];
  for (const candidate of BACKENDS) {
    if (backend !== 'auto' && backend !== candidate.name) continue;
    const opened = await candidate.open({ threads, asked: backend === candidate.name });
    if ('unavailable' in opened) {
      if (backend !== 'auto') {
        throw new DecantError(
          'backend.unavailable',
          `The back end ${candidate.name} cannot be used: ${opened.unavailable}. Choose another one, or "auto".`,
          { backend: candidate.name },
        );
      }
      skipped.push(`${candidate.name}: ${opened.unavailable}`);
      continue;
    }
    const selfTest = await runSelfTest();
    if (selfTest.failure !== undefined) {
      await stopCompute();
      if (backend !== 'auto') {
        throw new DecantError(
          'backend.wrong',
          `The back end ${candidate.name} computes wrongly: ${selfTest.failure}. Choose another one, or "auto".`,
          { backend: candidate.name, ...selfTest },
        );
      }
      skipped.push(`${candidate.name}: failed the self-test, ${selfTest.failure}`);
      continue;
    }
    const reason =
      backend === candidate.name
        ? 'asked for'
        : ['the first that is there and computes rightly', ...skipped].join('; ');
    return { backend: candidate.name, device: opened.device, threads: opened.threads, reason, selfTest };
  }
  throw new DecantError('backend.wrong', `No back end computes rightly: ${skipped.join('; ')}.`, { skipped });
}

/** Disposes what the back ends hold: every tensor, the threads and their memory. Does nothing when none is active. */
export async function stopCompute(): Promise<void> {
  for (const { name } of BACKENDS) if (tf.findBackend(name) !== null) tf.removeBackend(name);
}
