import * as tf from '@tensorflow/tfjs-core';
import {
  batchNormTraining,
  conv2d,
  dense,
  depthwiseConv2d,
  differentiate,
  globalAveragePool,
  updateSgd,
} from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';

const RATES = { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-4 };

/**
 * A network of one block, residual and all, that learns to tell four kinds of noisy stripes; the pictures of every step are
 * new tensors, as those of a data pipeline. `step` returns the loss.
 */
export function startTinyTraining() {
  const random = new Random('training');
  const draw = (scale: number, ...shape: number[]): tf.Variable => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, () => scale * random.normal());
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  };
  const filters = [draw(0.3, 3, 3, 3, 8), draw(0.3, 3, 3, 8, 1), draw(0.3, 1, 1, 8, 16)];
  const classifier = draw(0.1, 16, 4);
  const gammas = [8, 8, 16].map((channels) => tf.tidy(() => tf.variable(tf.ones([channels]))));
  const betas = [8, 8, 16].map((channels) => draw(0, channels));
  const variables = [...filters, classifier, ...gammas, ...betas];
  const velocities = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable))));

  const filter = (i: number) => filters[i] as tf.Tensor as tf.Tensor4D;
  const normalize = (x: tf.Tensor4D, i: number) => {
    const [gamma, beta] = [gammas[i] as tf.Tensor as tf.Tensor1D, betas[i] as tf.Tensor as tf.Tensor1D];
    return batchNormTraining(x, gamma, beta, { activation: 'relu6' }).y;
  };

  function step(): number {
    return tf.tidy(() => {
      const labels = Array.from({ length: 16 }, () => random.integer(4));
      const pixels = labels.flatMap((label) =>
        Array.from({ length: 8 * 8 * 3 }, (_, i) => Math.sin((label + 1) * i) + 0.5 * random.normal()),
      );
      const images = tf.tensor4d(Float32Array.from(pixels), [16, 8, 8, 3]);
      const targets = tf.cast(tf.oneHot(labels, 4), 'float32');
      const { value, gradients } = differentiate(() => {
        const stem = normalize(conv2d(images, filter(0), { stride: 2, padding: 1 }), 0);
        const depth = normalize(depthwiseConv2d(stem, filter(1), { padding: 1 }), 1);
        const wide = normalize(conv2d(tf.add(depth, stem), filter(2)), 2);
        const features = tf.reshape(globalAveragePool(wide), [16, 16]) as tf.Tensor2D;
        const logits = dense(features, classifier as tf.Tensor as tf.Tensor2D);
        return tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));
      }, variables);
      for (const [i, parameter] of variables.entries()) {
        updateSgd({ parameter, gradient: gradients[i]!, velocity: velocities[i]!, ...RATES });
      }
      return value.dataSync()[0]!;
    });
  }

  return { step, variables, dispose: () => tf.dispose([...variables, ...velocities]) };
}
