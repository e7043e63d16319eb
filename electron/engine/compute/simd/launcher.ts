import type { KernelExports } from './kernel-exports.ts';
import { OPERATION_CODES, type Operation } from './operation-codes.ts';

/** Where the parameters of a job lie in the memory; assembly/scheduler.ts has the same. */
const PARAMETERS = 512;
const PARAMETER_COUNT = 128;

/** What the kernels need of the runtime: parameters, room to work in, and a start. */
export interface Launcher {
  readonly integers: Int32Array<SharedArrayBuffer>;
  readonly floats: Float32Array<SharedArrayBuffer>;
  readonly threads: number;
  /** Rows and columns of a register tile. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** At least `bytes` of room, 64-byte aligned; the next call may hand out the same again. */
  workspace(bytes: number): number;
  /** Doubles at `offset`. */
  f64(offset: number, length: number): Float64Array<SharedArrayBuffer>;
  /** Runs all tasks of an operation with the parameters that stand in memory. */
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
  },
): Launcher {
  const buffer = memory.buffer as SharedArrayBuffer; // The memory was made with shared: true.
  let room = 0;
  let roomBytes = 0;
  return {
    integers: new Int32Array(buffer, PARAMETERS, PARAMETER_COUNT),
    floats: new Float32Array(buffer, PARAMETERS, PARAMETER_COUNT),
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
    f64: (offset, length) => new Float64Array(memory.buffer as SharedArrayBuffer, offset, length),
    run(operation, tasks) {
      exports.dispatch(OPERATION_CODES[operation], tasks);
    },
  };
}
