import * as tf from '@tensorflow/tfjs-core';
import type { SimdBackend } from './backend.ts';
import { withHalfInputs } from './emulate-half.ts';

export interface KernelCall {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: tf.NamedAttrMap;
  readonly backend: SimdBackend;
}

/**
 * A tfjs kernel on our WebAssembly kernels. `run` returns undefined for what it does not handle (a type, a layout, a
 * dilation), which then goes to tfjs's own CPU kernel of that name.
 */
export interface SimdKernel {
  readonly kernelName: string;
  /** Names of the inputs that mixed precision takes in 16 bits: those of convolutions and matrix products. */
  readonly halved?: readonly string[];
  run(call: KernelCall): tf.TensorInfo | tf.TensorInfo[] | undefined;
}

/** Makes a kernel known to tfjs for the back end `simd`, in place of a copied CPU kernel. */
export function registerSimdKernel(kernel: SimdKernel): void {
  const { kernelName } = kernel;
  // The typings promise a kernel; the registry returns undefined for an unknown name.
  const fallback = tf.getKernel(kernelName, 'cpu') as tf.KernelConfig | undefined;
  if (fallback) tf.unregisterKernel(kernelName, 'simd');
  tf.registerKernel({
    kernelName,
    backendName: 'simd',
    kernelFunc: (parameters) => {
      // The engine passes the back end that is registered as 'simd'.
      const backend = parameters.backend as SimdBackend;
      const compute = (inputs: tf.NamedTensorInfoMap) => {
        const { attrs = {} } = parameters;
        const result = handles(inputs) ? kernel.run({ inputs, attrs, backend }) : undefined;
        if (result !== undefined) return result;
        if (fallback) return fallback.kernelFunc({ ...parameters, inputs });
        throw new Error(`${kernelName} does not handle ${describeInputs(inputs)}`);
      };
      if (!kernel.halved || !backend.emulatesHalf) return compute(parameters.inputs);
      return withHalfInputs(backend, parameters.inputs, kernel.halved, compute);
    },
  });
}

/** Our kernels work on float32 that is not empty; the rest goes to tfjs's. */
function handles(inputs: tf.NamedTensorInfoMap): boolean {
  for (const name in inputs) {
    const input = inputs[name];
    if (input && (input.dtype !== 'float32' || input.shape.includes(0))) return false;
  }
  return true;
}

function describeInputs(inputs: tf.NamedTensorInfoMap): string {
  return Object.entries(inputs)
    .map(([name, tensor]) => `${name}: ${tensor?.dtype} [${tensor?.shape}]`)
    .join(', ');
}
