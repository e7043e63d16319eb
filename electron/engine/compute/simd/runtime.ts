import { DecantError } from '../../core/errors.ts';
import { instantiateKernels } from './kernel-exports.ts';
import { hasSharedMemory, MOST_PAGES, openMemory, PAGE } from './kernel-memory.ts';
import type { SimdKernels } from './kernel-types.ts';
import {
  chooseVariant,
  compileKernels,
  joinVectors,
  KERNEL_VARIANTS,
  type KernelVariant,
  type VectorBits,
} from './kernel-variants.ts';
import { createKernels } from './kernels.ts';
import { createLauncher } from './launcher.ts';
import { MemoryArena } from './memory-arena.ts';
import { startThreads } from './threads.ts';

export interface SimdRuntimeOptions {
  /** How many threads compute, the calling one included; where they cannot share memory, one does. */
  threads: number;
  /** Whether threads share the memory; default: where the JavaScript engine lets them. */
  shared?: boolean;
  /** Fused multiply-add (relaxed SIMD); default: where the JavaScript engine has it. */
  relaxed?: boolean;
  /**
   * 128: never lets the engine join 128-bit operations to 256-bit ones, which is an experiment of V8's; default: 256,
   * where that is found to work. Applies to the whole process.
   */
  vectorBits?: VectorBits;
  /** Instead of the fastest one of those that `relaxed` allows. */
  variant?: KernelVariant | undefined;
  /**
   * Kernels may return while the workers still compute, which the caller's own work then overlaps with; what reads or writes
   * the memory itself calls `finish` first. Default: false.
   */
  pipelined?: boolean;
  /** The most that the memory may grow to; at most (and by default) 4 GiB. */
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
  readonly variant: KernelVariant;
  readonly kernels: SimdKernels;
  /** 64-byte aligned block; content undefined. @throws DecantError `compute.memory` when the limit is reached */
  allocate(bytes: number): number;
  release(offset: number): void;
  statistics(): MemoryStatistics;
  /** Returns when all kernels that were called are done. */
  finish(): void;
  /** A view, when all kernels that were called are done; stays valid (and shared with the kernels) until the block is released. */
  f32(offset: number, length: number): Float32Array;
  i32(offset: number, length: number): Int32Array;
  u8(offset: number, length: number): Uint8Array;
  /** Whether a view is one on this memory. */
  holds(view: ArrayBufferView): boolean;
  /** Ends the threads; nothing may be called afterwards. */
  stop(): Promise<void>;
}

const FIRST_PAGES = 256;

/** Blocks begin behind what the scheduler keeps at the start of the memory. */
const HEAP_START = 4096;

/** Kernels read whole vectors, up to so far behind the end of the last block. */
const SLACK = 4096;

/** The memory grows by at least a quarter, so that it seldom has to. */
const GROWTH = 0.25;

/** One function with relaxed SIMD in it; tells whether the engine knows the instructions. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);

/** Whether this JavaScript engine compiles relaxed SIMD (fused multiply-add). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/**
 * Starts the kernels over one WebAssembly memory.
 *
 * @throws DecantError `backend.unavailable` when the engine has no WebAssembly SIMD
 */
export async function startSimdRuntime({
  threads: wantedThreads,
  shared = hasSharedMemory(),
  relaxed = hasRelaxedSimd(),
  vectorBits = 256,
  variant,
  pipelined = false,
  maximumBytes = MOST_PAGES * PAGE,
}: SimdRuntimeOptions): Promise<SimdRuntime> {
  const threads = shared ? wantedThreads : 1;
  const mostPages = Math.min(MOST_PAGES, Math.floor(maximumBytes / PAGE));
  const options = { relaxed, vectorBits, variant, threads, shared, mostPages };
  const { module, memory, exports, chosen } = await instantiate(options);
  const arena = new MemoryArena(HEAP_START, memory.buffer.byteLength - SLACK, (bytes) =>
    grow(memory, bytes, mostPages),
  );
  const allocate = (bytes: number) => {
    const offset = arena.allocate(bytes);
    if (offset !== undefined) return offset;
    throw new DecantError(
      'compute.memory',
      `The compute memory is full: ${toMebibytes(arena.allocatedBytes)} MiB are in use, ${toMebibytes(bytes)} MiB more are needed and the limit is ${toMebibytes(mostPages * PAGE)} MiB; use a smaller batch or smaller images.`,
      { bytes, allocatedBytes: arena.allocatedBytes, maximumBytes: mostPages * PAGE },
    );
  };
  const release = (offset: number) => {
    if (!arena.release(offset)) throw new RangeError(`No block of the compute memory was allocated at ${offset}.`);
  };
  const workers = startThreads(module, memory, threads);
  const launcher = createLauncher(memory, exports, {
    threads,
    tileRows: KERNEL_VARIANTS[chosen].tileRows,
    tileColumns: KERNEL_VARIANTS[chosen].tileColumns,
    allocate,
    release,
    pipelined,
  });
  const buffer = () => {
    exports.finish();
    return memory.buffer;
  };
  return {
    threads,
    relaxed: chosen !== 'plain',
    variant: chosen,
    kernels: createKernels(launcher, { allocate, release }),
    allocate,
    release,
    statistics: () => ({
      memoryBytes: memory.buffer.byteLength,
      allocatedBytes: arena.allocatedBytes,
      peakBytes: arena.peakBytes,
      blocks: arena.blockCount,
    }),
    f32: (offset, length) => new Float32Array(buffer(), offset, length),
    i32: (offset, length) => new Int32Array(buffer(), offset, length),
    u8: (offset, length) => new Uint8Array(buffer(), offset, length),
    finish: () => exports.finish(),
    // Shared memory that has grown is under several buffers.
    holds: ({ buffer }) => (shared ? buffer instanceof SharedArrayBuffer : buffer === memory.buffer),
    async stop() {
      exports.finish();
      exports.stop();
      await workers.ended();
    },
  };
}

async function instantiate({
  threads,
  shared,
  relaxed,
  vectorBits,
  variant,
  mostPages,
}: {
  threads: number;
  shared: boolean;
  relaxed: boolean;
  vectorBits: VectorBits;
  variant: KernelVariant | undefined;
  mostPages: number;
}) {
  try {
    if (variant !== undefined) joinVectors(vectorBits === 256);
    const chosen = variant ?? (await chooseVariant({ relaxed, vectorBits }));
    const memory = openMemory({ shared, firstPages: FIRST_PAGES, mostPages });
    const module = await compileKernels(chosen, shared);
    const exports = instantiateKernels(module, memory, { index: 0, threads });
    return { module, memory, exports, chosen };
  } catch (error) {
    throw new DecantError(
      'backend.unavailable',
      `The simd back end cannot start: ${error instanceof Error ? error.message : String(error)}; choose another one with --backend.`,
      { relaxed, threads },
      { cause: error },
    );
  }
}

/** Grows the memory by at least `bytes`; how many bytes it grew by, 0 when the limit or the system forbids it. */
function grow(memory: WebAssembly.Memory, bytes: number, mostPages: number): number {
  const now = memory.buffer.byteLength / PAGE;
  const needed = Math.ceil(bytes / PAGE);
  const room = mostPages - now;
  for (const pages of [Math.min(room, Math.max(needed, Math.ceil(now * GROWTH))), needed]) {
    if (pages < needed || pages > room) continue;
    try {
      memory.grow(pages);
      return pages * PAGE;
    } catch {
      // The system has not so much left; try with what is needed.
    }
  }
  return 0;
}

const toMebibytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
