import type { KernelExports } from './kernel-exports.ts';
import { OPERATION_CODES, type Operation } from './operation-codes.ts';

/** Where the parameters of the next job are written; assembly/scheduler.ts has the same. */
const STAGED = 3584;
const PARAMETER_COUNT = 128;

/**
 * Bytes between the rooms of two threads. Where they lie within some tens of kilobytes, processors fetch lines of the one
 * while they read the other, and every line that a thread writes has to be taken back from its neighbour: a kernel that
 * keeps rows in its room ran at half the speed on two threads.
 */
const GAP = 1 << 18;

/** Bytes from one thread's room to the next for at least `bytes` each. */
export function scratchStride(bytes: number): number {
  return Math.ceil(bytes / 64) * 64 + GAP;
}

/** What the kernels need of the runtime: parameters, room to work in, and a start. */
export interface Launcher {
  readonly integers: Int32Array;
  readonly floats: Float32Array;
  readonly threads: number;
  /** Rows and columns of a register tile. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** At least `bytes` of room, 64-byte aligned; the next call may hand out the same again. */
  workspace(bytes: number): number;
  /** Doubles at `offset`, once all that was run is done. */
  f64(offset: number, length: number): Float64Array;
  /** Runs all tasks of an operation with the parameters as they are now; where launches are pipelined, it may return before. */
  run(operation: Operation, tasks: number): void;
}

export function createLauncher(
  memory: WebAssembly.Memory,
  exports: KernelExports,
  options: {
    threads: number;
    tileRows: number;
    tileColumns: number;
    allocate(bytes: number): number;
    release(offset: number): void;
    /** Let the caller go on while the workers compute. */
    pipelined?: boolean;
  },
): Launcher {
  const { buffer } = memory;
  const start = options.pipelined ? exports.post : exports.dispatch;
  let room = 0;
  let roomBytes = 0;
  return {
    integers: new Int32Array(buffer, STAGED, PARAMETER_COUNT),
    floats: new Float32Array(buffer, STAGED, PARAMETER_COUNT),
    threads: options.threads,
    tileRows: options.tileRows,
    tileColumns: options.tileColumns,
    workspace(bytes) {
      if (bytes > roomBytes) {
        if (room !== 0) options.release(room);
        room = 0;
        roomBytes = 0;
        room = options.allocate(bytes);
        roomBytes = bytes;
      }
      return room;
    },
    f64(offset, length) {
      exports.finish();
      return new Float64Array(memory.buffer, offset, length);
    },
    run(operation, tasks) {
      start(OPERATION_CODES[operation], tasks);
    },
  };
}
