import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidate, type OpenResult, reasonOf } from '../candidate.ts';

/** tfjs's WebGPU back end on Dawn: any modern graphics card, no CUDA. */
export const webgpu: Candidate = {
  name: 'webgpu',
  async open({ asked }) {
    if (!asked && !mayHaveCard()) return { unavailable: 'there is no graphics card' };
    try {
      return await openDevice({ allowSoftware: asked });
    } catch (cause) {
      return { unavailable: reasonOf(cause) };
    }
  },
};

/** A software rasterizer is far slower than `simd`: good for tests, and for whoever asks for it. */
async function openDevice({ allowSoftware }: { allowSoftware: boolean }): Promise<OpenResult> {
  quietVulkanLoader();
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { unavailable: 'no graphics card with a driver was found' };
  const { info } = adapter;
  const device = info.description || info.device || info.vendor || 'graphics card';
  if (info.isFallbackAdapter && !allowSoftware) {
    return { unavailable: `"${device}" is a software rasterizer, slower than the processor's own back end` };
  }
  // tfjs asks for `navigator.gpu` when it is imported, and for the limits of the device later.
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const { limits } = adapter;
  const gpuDevice = await adapter.requestDevice({
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  // The package registers a back end of this name by itself, without a say in the choice of the adapter.
  if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(gpuDevice, info));
  await tf.setBackend('webgpu');
  return { device, threads: 0, close: async () => gpuDevice.destroy() };
}

/** Without a device file there is no card, and Dawn need not be loaded, which also warns on stderr about what it finds. */
function mayHaveCard(): boolean {
  return process.platform !== 'linux' || ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path));
}

/** Some Linux drivers complain on stderr, past every logger, when this variable is not set. */
function quietVulkanLoader(): void {
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
}
