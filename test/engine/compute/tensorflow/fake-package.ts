import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { PackageLoader } from '../../../../electron/engine/compute/tensorflow/open.ts';

/** The back end of tfjs-node as far as Decant looks at it, computing as tfjs's JavaScript back end does. */
class FakeNodeBackend extends MathBackendCPU {
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;

  constructor({ card, name }: { card: boolean; name: string }) {
    super();
    this.isGPUPackage = name === '@tensorflow/tfjs-node-gpu';
    this.isUsingGpuDevice = card;
  }
}

/**
 * Stands in for `require`: the named package is installed, and does on loading what the real one does, once: registers
 * kernels and a back end, and makes it the active one.
 */
export function installFakePackage({
  name = '@tensorflow/tfjs-node-gpu',
  card = true,
  start = () => undefined,
}: {
  name?: string;
  card?: boolean;
  /** Runs when the back end is made; may throw. */
  start?: () => void;
} = {}): PackageLoader {
  let loaded = false;
  return (wanted) => {
    if (wanted !== name) throw createAbsence(wanted);
    if (loaded) return;
    loaded = true;
    tf.copyRegisteredKernels('cpu', 'tensorflow');
    const make = () => {
      start();
      return new FakeNodeBackend({ card, name });
    };
    tf.registerBackend('tensorflow', make, 3);
    tf.setBackend('tensorflow');
  };
}

/** What Node throws for a package that is not there. */
export function createAbsence(name: string): Error {
  return Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- somewhere`), {
    code: 'MODULE_NOT_FOUND',
  });
}

/** Takes the kernels away that a fake package registered. */
export function uninstallFakePackage(): void {
  if (tf.findBackendFactory('tensorflow')) tf.removeBackend('tensorflow');
  for (const { kernelName } of tf.getKernelsForBackend('tensorflow')) tf.unregisterKernel(kernelName, 'tensorflow');
}
