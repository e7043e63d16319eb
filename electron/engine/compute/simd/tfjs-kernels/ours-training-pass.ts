import type * as tf from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import { BACKWARD, FUSED } from '../../operations/kernel-choice.ts';
import { recordOf } from '../../operations/training-pass.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import type { Pass } from '../training-pass/pass.ts';
import { runBackward, runForward } from '../training-pass/run-pass.ts';

interface Call {
  inputs: tf.NamedTensorInfoMap & { images: tf.TensorInfo };
  attrs: tf.NamedAttrMap;
  backend: SimdBackend;
}

interface BackwardCall {
  /** Gradients of the outputs: '0', '1', …. */
  inputs: tf.NamedTensorInfoMap;
  attrs: tf.NamedAttrMap;
  backend: SimdBackend;
}

/** Outputs: what keeps the pass, the graph's outputs, mean and variance of each batch norm. */
export const oursTrainingPassKernel: SimdKernel = {
  kernelName: FUSED.trainingPass,
  run({ inputs: { images, ...parameters }, attrs, backend }: Call) {
    const record = recordOf(attrs);
    checkShape('training pass', 'images', images, [...images.shape.slice(0, 3), record.graph.inputChannels]);
    const named = new Map(record.graph.parameters.map((name) => [name, parameters[name]!]));
    const { pass, outputs, statistics, counts } = runForward(backend, record.graph, images, named, record);
    record.counts = counts;
    if (record.records) record.state = pass;
    return [backend.makeKeeper(() => pass.release()), ...outputs, ...statistics];
  },
};

export const oursTrainingPassGradientKernel: SimdKernel = {
  kernelName: BACKWARD.trainingPass,
  run({ inputs, attrs, backend }: BackwardCall) {
    const record = recordOf(attrs);
    const pass = record.state as Pass | undefined; // This back end's forward kernel put it there.
    if (pass?.backend !== backend) throw new Error('A training pass can be differentiated once, on its own back end');
    record.state = undefined;
    return runBackward(
      pass,
      record.graph,
      record.graph.outputs.map((_, i) => inputs[i]!),
    );
  },
};
