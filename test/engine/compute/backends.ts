import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { SimdBackend } from '../../../electron/engine/compute/simd/backend.ts';
import type { SimdRuntime } from '../../../electron/engine/compute/simd/runtime.ts';

/** The back ends that every machine has. */
export const PROCESSOR_BACKENDS = ['simd', 'cpu'] as const;

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Makes Dawn find the software rasterizer of Debian's chromium; false where it is not installed. */
export function useSwiftShader(): boolean {
  if (!existsSync(SWIFTSHADER)) return false;
  process.env.VK_DRIVER_FILES = SWIFTSHADER;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  return true;
}

/** The runtime under the active back end, which must be `simd`. */
export function activeRuntime(): SimdRuntime {
  const backend = tf.backend();
  if (!(backend instanceof SimdBackend)) throw new Error(`The active back end is ${tf.getBackend()}, not simd.`);
  return backend.runtime;
}
