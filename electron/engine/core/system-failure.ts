import { describeFileFailure } from './atomic-file.ts';
import { DecantError } from './errors.ts';

const MEMORY_CODES: ReadonlySet<string> = new Set([
  'ENOMEM',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
  'SQLITE_NOMEM',
]);

/** As V8, WebAssembly, ONNX Runtime and libvips say it. */
const MEMORY_MESSAGE =
  /array buffer allocation failed|could not allocate memory|unable to grow instance memory|bad[ _]alloc|failed to allocate memory|cannot allocate memory|heap out of memory/i;

/** Turns an error of the machine (a file that cannot be changed, a full memory) into one sentence; passes on any other. */
export function describeSystemFailure<Thrown>(error: Thrown): Thrown | Error {
  if (!isMemoryFull(error)) return describeFileFailure(error);
  return new DecantError(
    'memory.full',
    'This computer has no memory left for Decant; close other programs, or use smaller batches or images (train.batch, data.inputSize), then try again.',
    { reason: error.message },
    { cause: error },
  );
}

function isMemoryFull(error: unknown): error is Error {
  if (error instanceof DecantError || !(error instanceof Error)) return false;
  const { code = '' } = error as NodeJS.ErrnoException; // Errors of Node have one.
  return MEMORY_CODES.has(code) || MEMORY_MESSAGE.test(error.message);
}
