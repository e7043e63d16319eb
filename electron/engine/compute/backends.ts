import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';

export type BackendName = 'tensorflow' | 'webgpu' | 'simd' | 'cpu';

export interface OpenOptions {
  readonly threads: number | undefined;
  /** Whether the user named this back end; what `auto` would never take is then allowed. */
  readonly asked: boolean;
}

/** What came of an attempt: the back end is active, or the reason why it cannot be (a clause without a full stop). */
export type OpenResult = { readonly device: string; readonly threads: number } | { readonly unavailable: string };

export interface Backend {
  readonly name: BackendName;
  /** Makes the back end the active one of tfjs; never throws for lack of hardware or of an optional package. */
  open(options: OpenOptions): Promise<OpenResult>;
}

/** Model name of the processor, for people. */
export function processorName(): string {
  return cpus()[0]?.model.trim() || 'processor';
}

const cpu: Backend = {
  name: 'cpu',
  async open() {
    const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
    if (tf.findBackendFactory('cpu') === null) tf.registerBackend('cpu', () => new MathBackendCPU());
    await tf.setBackend('cpu');
    return { device: processorName(), threads: 1 };
  },
};

/** In the order of choice. */
export const BACKENDS: readonly Backend[] = [cpu];
