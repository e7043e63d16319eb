import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { defineProgram } from '../../../../electron/engine/compute/webgpu/program.ts';
import { startOnNullDevice } from './null-device.ts';

it('tells of what the device refused when numbers are next read, and again', async () => {
  const { backend, close } = await startOnNullDevice('none');
  const good = tf.tidy(() => tf.mul(tf.tensor1d([1]), 2));
  await good.data();
  const broken = defineProgram('broken', () => ({
    writes: { y: 'f32' },
    reads: {},
    uniforms: { count: 'u32' },
    workgroup: [1],
    main: 'y[0] = nothing;',
  }));
  const y = backend.makeOutput([1]);
  backend.launch(broken({}), { y }, { count: 1 }, [1]);
  for (let i = 0; i < 2; i++) {
    await expect(backend.read(y.dataId)).rejects.toMatchObject({
      code: 'backend.failed',
      message: expect.stringMatching(/nothing.*another back end/),
    });
  }
  good.dispose();
  close();
});

it('tells of a device that was lost', async () => {
  const { device, backend, close } = await startOnNullDevice('none');
  const y = backend.makeOutput([1]);
  backend.uploadToGPU(y.dataId);
  device.destroy();
  await device.lost;
  await expect(backend.read(y.dataId)).rejects.toMatchObject({ code: 'backend.failed' });
  close();
});

it('gives idle buffers back after a while, not those in use', async () => {
  const { backend, close } = await startOnNullDevice('none');
  const held = backend.makeOutput([1000]);
  backend.uploadToGPU(held.dataId);
  for (let size = 1; size <= 200; size++) {
    const idle = backend.makeOutput([1000 + size]);
    backend.uploadToGPU(idle.dataId);
    backend.disposeData(idle.dataId);
  }
  expect(backend.memory().numBytesAllocatedInGPU).toBeGreaterThan(200 * 4000);
  for (let i = 0; i < 2 * 4096; i++) {
    backend.ensureCommandEncoderReady();
    backend.submitQueue();
  }
  expect(backend.memory()).toMatchObject({ numBytesAllocatedInGPU: 4000, numBytesInGPU: 4000 });
  backend.disposeData(held.dataId);
  close();
});
