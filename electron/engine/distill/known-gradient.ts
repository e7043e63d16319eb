import * as tf from '@tensorflow/tfjs-core';

/**
 * A scalar function of `x` whose gradient is known as soon as its value is: one node on the tape in place of a dozen.
 * `compute` runs untaped and its intermediate tensors are disposed; the caller disposes the result.
 */
export function withKnownGradient<X extends tf.Tensor>(
  x: X,
  compute: (x: X) => { value: tf.Scalar; gradient: tf.Tensor },
): tf.Scalar {
  return tf.customGrad<tf.Scalar>((...inputs) => {
    const save = inputs[1] as tf.GradSaveFunc; // tfjs appends its save function to the tensors that it is called with.
    const { value, gradient } = compute(x);
    save([gradient]);
    return { value, gradFunc: (dy, saved) => tf.mul(dy, saved[0]!) };
  })(x);
}
