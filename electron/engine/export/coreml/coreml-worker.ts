/** A thread in which Decant computes Core ML programs, apart from the engine's tensors. See open.ts. */
import { workerData } from 'node:worker_threads';
import { DecantError } from '../../core/errors.ts';
import { answerForRuntime } from '../runtime-thread.ts';
import { startInThread } from '../start-in-thread.ts';
import { Interpreter } from './interpreter.ts';
import { readPackage } from './package.ts';
import { type CheckedProgram, readProgram } from './read-program.ts';

const { threads, rounds } = workerData as { threads: number; rounds: boolean }; // As open.ts passes them.
const device = await startInThread(threads);
let interpreter: Interpreter | undefined;

answerForRuntime({
  async load(bytes) {
    const program = read(bytes);
    interpreter?.dispose();
    interpreter = new Interpreter(program, { rounds });
    return { shape: [1, ...program.inputSize, 3], device };
  },
  run: (pixels, size) => interpreter!.run(pixels, size),
});

function read(bytes: Uint8Array): CheckedProgram {
  const content = readPackage(bytes);
  try {
    return readProgram(content);
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      error instanceof Error ? error.message : String(error),
      {},
      { cause: error },
    );
  }
}
