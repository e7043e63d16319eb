import * as tf from '@tensorflow/tfjs-core';
import { stopCompute } from '../../../../electron/engine/compute/index.ts';
import { DeviceBackend } from '../../../../electron/engine/compute/webgpu/backend.ts';
import { webgpu } from '../../../../electron/engine/compute/webgpu/open.ts';
import { useSwiftShader } from '../backends.ts';

/** Whether the tests that need a device are skipped, which is said once in each file. */
export const MISSING = !useSwiftShader();
if (MISSING) console.warn("Skipped what needs WebGPU: Debian's chromium, which carries SwiftShader, is not installed.");

/** Makes `webgpu` on the software rasterizer the active back end, without the self-test, which would compile everything. */
export async function startOnSwiftShader(): Promise<DeviceBackend> {
  await stopCompute();
  const opened = await webgpu.open({ threads: undefined, asked: true, precision: 'f32', emulateHalf: false });
  if ('unavailable' in opened) throw new Error(opened.unavailable);
  return activeDevice();
}

export function activeDevice(): DeviceBackend {
  const backend = tf.backend();
  if (!(backend instanceof DeviceBackend)) throw new Error(`The active back end is ${tf.getBackend()}, not webgpu.`);
  return backend;
}
