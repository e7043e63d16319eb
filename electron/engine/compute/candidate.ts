import { cpus } from 'node:os';

/** Every back end, in the order in which `auto` tries them. */
export const BACKEND_NAMES = ['tensorflow', 'webgpu', 'simd', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/**
 * `mixed`: convolutions and matrix products round their inputs to 16 bits (f16) and add up in 32; all tensors, master
 * weights among them, stay f32. Gradients below 6e-8 vanish and numbers above 65,504 become infinite in it, so training
 * needs loss scaling.
 */
export type Precision = 'f32' | 'mixed';

/** An f16 has 11 bits: a product of two of them is off by up to 1e-3 of its size. */
export const MIXED_TOLERANCE = 5e-3;

export interface OpenOptions {
  /** Threads for the back ends that compute on the processor; undefined: as many as it has cores. */
  readonly threads: number | undefined;
  /** Whether the user named this back end; what `auto` would never take is then allowed. */
  readonly asked: boolean;
  /** What is wished for; a back end that has no mixed precision computes in f32. */
  readonly precision: Precision;
  /** Rounds to f16 by arithmetic where the device has no f16 of its own: the same numbers, no faster. */
  readonly emulateHalf: boolean;
}

/** What came of an attempt: the back end is active, or the reason why it cannot be (a clause without a full stop). */
export type OpenResult =
  | {
      readonly device: string;
      readonly threads: number;
      /** Frees what tfjs does not know of, after tfjs has dropped the back end. */
      readonly close?: () => Promise<void>;
      /** Largest error that the self-test forgives; default 1e-4. */
      readonly tolerance?: number;
      /** Whether its kernels go other ways at large sizes, which the self-test then tries as well. */
      readonly large?: boolean;
      /** Default `f32`. */
      readonly precision?: Precision;
      /** Which of several builds of its kernels it runs, where there are several. */
      readonly kernels?: string;
    }
  | { readonly unavailable: string };

export interface Candidate {
  readonly name: BackendName;
  /** Makes the back end the active one of tfjs; never throws for lack of hardware or of an optional package. */
  open(options: OpenOptions): Promise<OpenResult>;
}

/** Model name of the processor, for people. */
export function processorName(): string {
  return cpus()[0]?.model.trim() || 'processor';
}

/** The message of whatever was thrown, on one line and without its full stop. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return (message.split('\n')[0] ?? '').trim().replace(/[.]$/, '');
}
