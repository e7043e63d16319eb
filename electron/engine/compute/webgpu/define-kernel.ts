import * as tf from '@tensorflow/tfjs-core';
import type { DeviceBackend } from './backend.ts';

export interface KernelCall {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: tf.NamedAttrMap;
  readonly backend: DeviceBackend;
}

/**
 * A tfjs kernel on programs of ours. `run` returns undefined for what it does not handle (a layout, a dilation), which
 * then goes to tfjs's own WebGPU kernel of that name.
 */
export interface DeviceKernel {
  readonly kernelName: string;
  run(call: KernelCall): tf.TensorInfo | tf.TensorInfo[] | undefined;
}

/** Makes a kernel known to tfjs for the back end `webgpu`, in place of tfjs's own where there is one. */
export function registerDeviceKernel(kernel: DeviceKernel): void {
  const { kernelName } = kernel;
  // The typings promise a kernel; the registry returns undefined for an unknown name.
  const fallback = tf.getKernel(kernelName, 'webgpu') as tf.KernelConfig | undefined;
  if (fallback) tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: (parameters) => {
      const { inputs, attrs = {} } = parameters;
      // The engine passes the back end that is registered as 'webgpu'.
      const backend = parameters.backend as DeviceBackend;
      if (handles(inputs) && !(fallback && hasForeignNumbers(inputs, backend))) {
        const converted = convertInputs(inputs, backend);
        const result = kernel.run({ inputs: converted.inputs, attrs, backend });
        for (const { dataId } of converted.made) backend.disposeData(dataId);
        if (result !== undefined) return result;
      }
      if (fallback) return fallback.kernelFunc(parameters);
      throw new Error(`${kernelName} does not handle ${describeInputs(inputs)}`);
    },
  });
}

/** Our programs work on float32 that is not empty; the rest goes to tfjs's. */
function handles(inputs: tf.NamedTensorInfoMap): boolean {
  for (const name in inputs) {
    const input = inputs[name];
    if (input && (input.dtype !== 'float32' || input.shape.includes(0))) return false;
  }
  return true;
}

/** A tensor that was cast from int32 or bool is float32 by name only: tfjs leaves its numbers as they were. */
function isForeign({ dataId }: tf.TensorInfo, backend: DeviceBackend): boolean {
  return backend.tensorMap.get(dataId).dtype !== 'float32';
}

function hasForeignNumbers(inputs: tf.NamedTensorInfoMap, backend: DeviceBackend): boolean {
  for (const name in inputs) if (inputs[name] && isForeign(inputs[name], backend)) return true;
  return false;
}

/** Makes float32 of foreign numbers; the caller disposes what was made. */
function convertInputs(
  inputs: tf.NamedTensorInfoMap,
  backend: DeviceBackend,
): { inputs: tf.NamedTensorInfoMap; made: tf.TensorInfo[] } {
  const made: tf.TensorInfo[] = [];
  let converted = inputs;
  for (const name in inputs) {
    const input = inputs[name];
    if (!input || !isForeign(input, backend)) continue;
    const one = backend.makeTensorInfo([], 'float32', Float32Array.of(1));
    const { kernelFunc } = tf.getKernel(tf.Multiply, 'webgpu');
    const product = kernelFunc({ inputs: { a: input, b: one }, backend, attrs: {} }) as tf.TensorInfo; // One output.
    converted = { ...converted, [name]: product };
    made.push(one, product);
  }
  return { inputs: converted, made };
}

function describeInputs(inputs: tf.NamedTensorInfoMap): string {
  return Object.entries(inputs)
    .map(([name, tensor]) => `${name}: ${tensor?.dtype} [${tensor?.shape}]`)
    .join(', ');
}
