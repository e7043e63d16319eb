import * as tf from '@tensorflow/tfjs-core';
import type { MethodModule, ViewOutputs } from '../method.ts';
import { cutProjection, Projection } from '../projection.ts';
import { normalizeRows } from '../relations.ts';
import { crossEntropy } from './cross-entropy.ts';

/**
 * Contrastive learning without labels (SimCLR, Chen et al. 2020). Embeddings of two views of each image pass a head of two
 * layers with a ReLU between them, which is there only during training; NT-Xent compares what comes out.
 */
export const method: MethodModule<'simclr'> = {
  open({ settings, facts, state, random }) {
    const given = { weights: state.variables, random };
    const first = new Projection('first', { from: facts.ownEmbedding!, to: settings.hidden, ...given }); // The table says that it needs it.
    const second = new Projection('second', { from: settings.hidden, to: settings.length, ...given });
    const represent = ({ ownEmbedding }: ViewOutputs) => second.project(tf.relu(first.project(ownEmbedding!)));
    return {
      variables: new Map([...first.variables, ...second.variables]),
      compute: (inputs) => contrastViews(represent(inputs), represent(inputs.secondView!), settings),
      dispose() {
        first.dispose();
        second.dispose();
      },
    };
  },
  cut: cutProjection('first'),
};

/** Takes the place of an image's similarity to itself: no exponential of it is above 0. */
const NEVER = -1e9;

/**
 * NT-Xent, the normalized temperature-scaled cross-entropy (Chen et al. 2020, equation 1), of each image `[images]`: how hard
 * it is to tell which of the `2 · images - 1` other views is of the same image, by cosines divided by the temperature; the
 * mean over both of its views. Views are `[images, length]`, at least two images. Differentiable; the caller disposes the
 * result.
 */
export function contrastViews(
  first: tf.Tensor2D,
  second: tf.Tensor2D,
  { temperature = 0.5 }: { temperature?: number } = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    const [images] = first.shape;
    const views = normalizeRows(tf.concat([first, second], 0));
    const cosines = tf.matMul<tf.Tensor2D>(views, views, false, true);
    const own = tf.mul(tf.eye(2 * images), NEVER);
    const loss = crossEntropy(tf.add(tf.div(cosines, temperature), own), markOtherView(images));
    return tf.mean(tf.reshape(loss, [2, images]), 0);
  });
}

/** 1 where a view meets the other one of the same image, `[2 · images, 2 · images]`. */
function markOtherView(images: number): tf.Tensor2D {
  const marks = new Float32Array(4 * images * images);
  for (let row = 0; row < 2 * images; row++) marks[row * 2 * images + ((row + images) % (2 * images))] = 1;
  return tf.tensor2d(marks, [2 * images, 2 * images]);
}
