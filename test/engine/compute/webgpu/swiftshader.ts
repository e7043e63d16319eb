import * as tf from '@tensorflow/tfjs-core';
import { type ComputeOptions, startCompute } from '../../../../electron/engine/compute/index.ts';
import { DeviceBackend } from '../../../../electron/engine/compute/webgpu/backend.ts';
import { useSwiftShader } from '../backends.ts';

/** Why the tests that need a device are skipped; undefined where there is one. */
export const MISSING = useSwiftShader() ? undefined : "Debian's chromium, which carries SwiftShader, is not installed.";

/** Starts `webgpu` on the software rasterizer. */
export async function startOnSwiftShader(options: Omit<ComputeOptions, 'backend'> = {}): Promise<DeviceBackend> {
  await startCompute({ backend: 'webgpu', ...options });
  return activeDevice();
}

export function activeDevice(): DeviceBackend {
  const backend = tf.backend();
  if (!(backend instanceof DeviceBackend)) throw new Error(`The active back end is ${tf.getBackend()}, not webgpu.`);
  return backend;
}
