import * as tf from '@tensorflow/tfjs-core';
import { DeviceBackend } from '../../../../electron/engine/compute/webgpu/backend.ts';
import { webgpu } from '../../../../electron/engine/compute/webgpu/open.ts';
import { useSwiftShader } from '../backends.ts';

/**
 * Opens `webgpu` for tfjs-core's tests: on the adapter that Dawn finds with `card`, otherwise on a software rasterizer
 * where there is one. They end and make the back end anew for
 * every group of tests; here it stays one, so that it compiles every program once.
 */
export async function openForSuite({ card }: { card: boolean }): Promise<void> {
  if (!card) useSwiftShader();
  const options = { threads: undefined, asked: true, precision: 'f32', emulateHalf: false } as const;
  const opened = await webgpu.open(options);
  if ('unavailable' in opened) throw new Error(opened.unavailable);
  const backend = tf.backend();
  if (!(backend instanceof DeviceBackend)) throw new Error(`The active back end is ${tf.getBackend()}.`);
  backend.dispose = () => {
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
  };
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend);
}
