import '../../../../electron/engine/compute/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { DeviceBackend, type InputRounding } from '../../../../electron/engine/compute/webgpu/backend.ts';
import { setDeviceFlags } from '../../../../electron/engine/compute/webgpu/flags.ts';
import { registerDeviceKernels } from '../../../../electron/engine/compute/webgpu/kernels/index.ts';

/**
 * Makes a back end `webgpu` the active one that checks everything as Dawn does, on a device with every feature, and
 * computes nothing: all results are zeros. The caller ends it with `close`.
 */
export async function startOnNullDevice(rounding: InputRounding): Promise<{
  device: GPUDevice;
  backend: DeviceBackend;
  close: () => void;
}> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(['backend=null']);
  const adapter = (await gpu.requestAdapter())!; // It asks nothing of the machine.
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const device = await adapter.requestDevice({ requiredFeatures: ['shader-f16'] });
  registerDeviceKernels();
  const backend = new DeviceBackend(device, adapter.info, { rounding });
  if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend);
  await tf.setBackend('webgpu');
  setDeviceFlags();
  return {
    device,
    backend,
    close: () => {
      tf.removeBackend('webgpu');
      device.destroy();
    },
  };
}
