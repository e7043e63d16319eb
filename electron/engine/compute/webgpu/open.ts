import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { type Candidate, MIXED_TOLERANCE, type OpenResult, reasonOf } from '../candidate.ts';
import type { InputRounding } from './backend.ts';
import { setDeviceFlags } from './flags.ts';
import { registerDeviceKernels } from './kernels/index.ts';

/**
 * Software rasterizers compile the zeroing of a workgroup's memory word by word when it is left to the driver. Times of
 * programs are rounded to 0.1 ms for browsers' sake, longer than most of ours take.
 */
const DAWN_OPTIONS = [
  'disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension,timestamp_quantization',
];

/** tfjs's WebGPU back end on Dawn with its own kernels: any modern graphics card, no CUDA. */
export const webgpu: Candidate = {
  name: 'webgpu',
  async open({ asked, precision, emulateHalf }) {
    if (!asked && !mayHaveCard()) return { unavailable: 'there is no graphics card' };
    try {
      return await openDevice({ allowSoftware: asked, mixed: precision === 'mixed', emulateHalf });
    } catch (cause) {
      return { unavailable: reasonOf(cause) };
    }
  },
};

/** A software rasterizer is far slower than `simd`: good for tests, and for whoever asks for it. */
async function openDevice(options: {
  allowSoftware: boolean;
  mixed: boolean;
  emulateHalf: boolean;
}): Promise<OpenResult> {
  quietVulkanLoader();
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(DAWN_OPTIONS);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { unavailable: 'no graphics card with a driver was found' };
  const { info } = adapter;
  const device = info.description || info.device || info.vendor || 'graphics card';
  if (info.isFallbackAdapter && !options.allowSoftware) {
    return { unavailable: `"${device}" is a software rasterizer, slower than the processor's own back end` };
  }
  // tfjs asks for `navigator.gpu` when it is imported, and for the limits of the device later.
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const { DeviceBackend } = await import('./backend.ts');
  registerDeviceKernels();
  const rounding = chooseRounding(adapter, options);
  const { limits } = adapter;
  const gpuDevice = await adapter.requestDevice({
    requiredFeatures: [
      ...(adapter.features.has('timestamp-query') ? (['timestamp-query'] as const) : []),
      ...(rounding === 'f16' ? (['shader-f16'] as const) : []),
    ],
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
  tf.registerBackend('webgpu', () => new DeviceBackend(gpuDevice, info, { rounding }));
  await tf.setBackend('webgpu');
  setDeviceFlags();
  const opened = { device, threads: 0, large: true, close: async () => gpuDevice.destroy() };
  return rounding === 'none' ? opened : { ...opened, precision: 'mixed', tolerance: MIXED_TOLERANCE };
}

function chooseRounding(
  { features }: GPUAdapter,
  { mixed, emulateHalf }: { mixed: boolean; emulateHalf: boolean },
): InputRounding {
  if (!mixed) return 'none';
  if (features.has('shader-f16')) return 'f16';
  return emulateHalf ? 'emulated' : 'none';
}

/** Without a device file there is no card, and Dawn need not be loaded, which also warns on stderr about what it finds. */
function mayHaveCard(): boolean {
  return process.platform !== 'linux' || ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path));
}

/** Some Linux drivers complain on stderr, past every logger, when this variable is not set. */
function quietVulkanLoader(): void {
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
}
