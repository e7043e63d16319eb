import type { SimdKernels } from './kernel-types.ts';

export interface SimdRuntimeOptions {
  /** How many threads compute, the calling one included. */
  threads: number;
  /** Fused multiply-add (relaxed SIMD); default: where the JavaScript engine has it. */
  relaxed?: boolean;
  /** The most that the memory may grow to; at most 4 GiB. */
  maximumBytes?: number;
}

export interface MemoryStatistics {
  /** Size of the WebAssembly memory now. */
  memoryBytes: number;
  /** In blocks that were handed out, after rounding up. */
  allocatedBytes: number;
  /** Largest `allocatedBytes` so far. */
  peakBytes: number;
  /** Blocks handed out and not yet released. */
  blocks: number;
}

export interface SimdRuntime {
  readonly threads: number;
  readonly relaxed: boolean;
  readonly kernels: SimdKernels;
  /** 64-byte aligned block; content undefined. @throws DecantError `compute.memory` when the limit is reached */
  allocate(bytes: number): number;
  release(offset: number): void;
  statistics(): MemoryStatistics;
  /** A view; stays valid (and shared with the kernels) until the block is released. */
  f32(offset: number, length: number): Float32Array<SharedArrayBuffer>;
  i32(offset: number, length: number): Int32Array<SharedArrayBuffer>;
  u8(offset: number, length: number): Uint8Array<SharedArrayBuffer>;
  /** Ends the threads; nothing may be called afterwards. */
  stop(): Promise<void>;
}

/** Starts the kernels over one shared WebAssembly memory. */
export declare function startSimdRuntime(options: SimdRuntimeOptions): Promise<SimdRuntime>;
