import { type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

interface SgdCall {
  inputs: { parameter: TensorInfo; gradient: TensorInfo; velocity: TensorInfo };
  attrs: { learningRate: number; momentum: number; nesterov: boolean; weightDecay: number; gradientScale: number };
  backend: SimdBackend;
}

/** In place; returns no tensor. The operation sees to it that nobody else holds the variables' numbers. */
export const oursUpdateSgdKernel: SimdKernel = {
  kernelName: FUSED.updateSgd,
  run({ inputs: { parameter, gradient, velocity }, attrs: { gradientScale, ...rates }, backend }: SgdCall) {
    checkShape('updateSgd', 'gradient', gradient, parameter.shape);
    checkShape('updateSgd', 'velocity', velocity, parameter.shape);
    withScaled(backend, gradient, gradientScale, (scaled) => {
      backend.kernels.sgd({
        parameter: backend.offsetOf(parameter),
        gradient: scaled,
        velocity: backend.offsetOf(velocity),
        length: util.sizeFromShape(parameter.shape),
        ...rates,
      });
    });
    return [];
  },
};

interface AdamWCall {
  inputs: { parameter: TensorInfo; gradient: TensorInfo; firstMoment: TensorInfo; secondMoment: TensorInfo };
  attrs: {
    learningRate: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    step: number;
    gradientScale: number;
  };
  backend: SimdBackend;
}

/** In place; returns no tensor. */
export const oursUpdateAdamWKernel: SimdKernel = {
  kernelName: FUSED.updateAdamW,
  run({ inputs, attrs: { gradientScale, ...rates }, backend }: AdamWCall) {
    for (const [name, tensor] of Object.entries(inputs)) {
      checkShape('updateAdamW', name, tensor, inputs.parameter.shape);
    }
    withScaled(backend, inputs.gradient, gradientScale, (gradient) => {
      backend.kernels.adamW({
        parameter: backend.offsetOf(inputs.parameter),
        gradient,
        firstMoment: backend.offsetOf(inputs.firstMoment),
        secondMoment: backend.offsetOf(inputs.secondMoment),
        length: util.sizeFromShape(inputs.parameter.shape),
        ...rates,
      });
    });
    return [];
  },
};

interface EmaCall {
  inputs: { average: TensorInfo; value: TensorInfo };
  attrs: { decay: number };
  backend: SimdBackend;
}

/** In place; returns no tensor. */
export const oursUpdateEmaKernel: SimdKernel = {
  kernelName: FUSED.updateEma,
  run({ inputs: { average, value }, attrs: { decay }, backend }: EmaCall) {
    checkShape('updateEma', 'value', value, average.shape);
    const length = util.sizeFromShape(average.shape);
    backend.kernels.ema(backend.offsetOf(average), backend.offsetOf(value), length, decay);
    return [];
  },
};

interface AveragesCall {
  /** Averages and values in turn: '0', '1', …. */
  inputs: Record<string, TensorInfo>;
  attrs: { decay: number; factors: number[] };
  backend: SimdBackend;
}

/** In place; returns no tensor. */
export const oursUpdateAveragesKernel: SimdKernel = {
  kernelName: FUSED.updateAverages,
  run({ inputs, attrs: { decay, factors }, backend }: AveragesCall) {
    for (const [index, factor] of factors.entries()) {
      const [average, value] = [inputs[2 * index]!, inputs[2 * index + 1]!];
      checkShape('updateAverages', 'value', value, average.shape);
      const length = util.sizeFromShape(average.shape);
      backend.kernels.ema(backend.offsetOf(average), backend.offsetOf(value), length, decay, factor);
    }
    return [];
  },
};

interface SumOfSquaresCall {
  inputs: Record<string, TensorInfo>;
  attrs: NamedAttrMap;
  backend: SimdBackend;
}

export const oursSumOfSquaresKernel: SimdKernel = {
  kernelName: FUSED.sumOfSquares,
  run({ inputs, backend }: SumOfSquaresCall) {
    let total = 0;
    for (const tensor of Object.values(inputs)) {
      total += backend.kernels.sumOfSquares(backend.offsetOf(tensor), util.sizeFromShape(tensor.shape));
    }
    return backend.makeTensorInfo([], 'float32', Float32Array.of(total));
  },
};

/** Calls `use` with the offset of `gradient · scale`, which is the gradient itself when nothing is to be scaled. */
function withScaled(backend: SimdBackend, gradient: TensorInfo, scale: number, use: (offset: number) => void): void {
  if (scale === 1) {
    use(backend.offsetOf(gradient));
    return;
  }
  const scaled = backend.makeOutput32(gradient.shape);
  const offset = backend.offsetOf(scaled);
  const length = util.sizeFromShape(gradient.shape);
  backend.kernels.binaryScalar('multiply', backend.offsetOf(gradient), scale, offset, length);
  use(offset);
  backend.disposeIntermediateTensorInfo(scaled);
}
