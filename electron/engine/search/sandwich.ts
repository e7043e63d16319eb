import * as tf from '@tensorflow/tfjs-core';
import { differentiate } from '../compute/index.ts';
import type { Random } from '../core/random.ts';
import { forward, type Network, type Parameters } from '../model/index.ts';
import { takeParameters, widenGradient } from './sub-network.ts';

/**
 * Gradients, by a network's parameters, of what narrower networks of the first of its channels have to learn from it: its
 * answers to the same images, as they are (Yu & Huang 2019, "Universally Slimmable Networks", in-place distillation). The sum
 * over the networks; each is computed by itself, in the memory of one. Inside the caller's `tf.tidy`.
 *
 * @param options `answers`: the logits of the whole network, `[batch, classes]`; `scale`: what the loss passes through
 */
export function differentiateNarrow(
  networks: readonly Network[],
  {
    parameters,
    images,
    answers,
    random,
    scale = (loss) => loss,
  }: {
    parameters: Parameters;
    images: tf.Tensor4D;
    answers: tf.Tensor2D;
    random: Random;
    scale?: ((loss: tf.Scalar) => tf.Scalar) | undefined;
  },
): Map<string, tf.Tensor> {
  const wanted = tf.softmax(answers);
  const sums = new Map<string, tf.Tensor>();
  for (const [place, network] of networks.entries()) {
    const gradients = tf.tidy(() => {
      const own = takeParameters(parameters, network);
      const names = [...own.trainable.keys()];
      const { gradients } = differentiate(() => {
        const { logits } = forward(network, own, images, { training: true, random: random.fork('narrow', place) });
        return scale(crossEntropyWith(wanted, logits));
      }, [...own.trainable.values()]);
      return names.map((name, i) => {
        const whole = widenGradient(gradients[i]!, parameters.get(name).shape); // Everything trained has a part in the logits.
        const sum = sums.get(name);
        return sum ? tf.add(sum, whole) : whole;
      });
    });
    tf.dispose([...sums.values()]);
    parameters.specs
      .filter(({ trainable, frozen }) => trainable && !frozen)
      .forEach(({ name }, i) => {
        sums.set(name, gradients[i]!); // Both networks have the same parameters in the same order.
      });
  }
  wanted.dispose();
  return sums;
}

/** Mean over the images of the cross-entropy with given probabilities. */
function crossEntropyWith(wanted: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar {
  return tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), 1)));
}
