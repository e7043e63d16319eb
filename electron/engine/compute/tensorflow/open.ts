import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidate, type OpenResult, reasonOf } from '../candidate.ts';
import { restoreUtilities } from './restore-utilities.ts';

/** Loaded at run time only: both are optional, and nothing may fail to build or start without them. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** Loads a package for what that does: it registers kernels and the back end "tensorflow". Throws as `require` does. */
export type PackageLoader = (name: string) => unknown;

/** Largest relative error of a product whose factors were rounded to TF32, with room for sums of them. */
const TF32_TOLERANCE = 5e-3;

/**
 * TensorFlow's own kernels, when the user has installed a tfjs-node package: on a CUDA card, and on the processor only
 * for who asks for it, since `simd` is faster there.
 *
 * It computes in f32 whatever precision is wished for: the package executes operations one by one on f32 tensors, and
 * TensorFlow's automatic mixed precision rewrites graphs, of which there are none. Recent cards round the inputs of
 * convolutions and products to TF32 (10 bits of mantissa, the range of f32) by themselves, which needs no loss scaling.
 */
export function createTensorflow(load: PackageLoader): Candidate {
  // The package registers its back end once, when it is loaded, and stopping takes it out again.
  let factory: ReturnType<typeof tf.findBackendFactory> | undefined;
  return {
    name: 'tensorflow',
    async open({ asked }) {
      process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // Else the library tells on stderr what it finds and does not.
      const loaded = loadFirst(load);
      if ('unavailable' in loaded) return loaded;
      factory ??= tf.findBackendFactory('tensorflow');
      if (!factory) return { unavailable: `${loaded.name} registers no back end` };
      if (tf.findBackendFactory('tensorflow') === null) tf.registerBackend('tensorflow', factory);
      return start(loaded.name, asked);
    },
  };
}

export const tensorflow = createTensorflow(createRequire(import.meta.url));

function loadFirst(load: PackageLoader): { name: string } | { unavailable: string } {
  let unavailable = 'neither tfjs-node-gpu nor tfjs-node is installed';
  for (const name of PACKAGES) {
    try {
      restoreUtilities();
      load(name);
      return { name };
    } catch (cause) {
      if (!isAbsent(name, cause)) unavailable = `${name} does not load: ${reasonOf(cause)}`;
    }
  }
  return { unavailable };
}

/** Whether it is the package itself that is missing, and not something that it needs. */
function isAbsent(name: string, cause: unknown): boolean {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND';
  return missing && cause.message.includes(`'${name}'`);
}

async function start(name: string, asked: boolean): Promise<OpenResult> {
  const refuse = (unavailable: string): OpenResult => {
    tf.removeBackend('tensorflow');
    return { unavailable };
  };
  try {
    if (!(await tf.setBackend('tensorflow'))) return refuse(`${name} does not start`);
  } catch (cause) {
    return refuse(`${name} does not start: ${reasonOf(cause)}`);
  }
  const backend: object = tf.backend();
  const onCard = 'isUsingGpuDevice' in backend && backend.isUsingGpuDevice === true;
  if (!onCard && !asked) return refuse(`${name} finds no CUDA card, and on the processor simd is faster`);
  return onCard
    ? { device: 'TensorFlow (CUDA)', threads: 0, tolerance: TF32_TOLERANCE }
    : { device: 'TensorFlow (processor)', threads: 0 };
}
