import * as tf from '@tensorflow/tfjs-core';

/**
 * A function of `x` `[batch, …]` with a value for each row, `[batch]`, whose gradient is known as soon as its values are: one
 * node on the tape in place of a dozen. `compute` gives the values and the gradient of each row's value with respect to that
 * row, of x's shape; it runs untaped and its intermediate tensors are disposed. The caller disposes the result.
 */
export function withKnownGradient<X extends tf.Tensor>(
  x: X,
  compute: (x: X) => { value: tf.Tensor1D; gradient: tf.Tensor },
): tf.Tensor1D {
  return tf.customGrad<tf.Tensor1D>((...inputs) => {
    const save = inputs[1] as tf.GradSaveFunc; // tfjs appends its save function to the tensors that it is called with.
    const { value, gradient } = compute(x);
    save([gradient]);
    const rows = [x.shape[0]!, ...new Array<number>(x.rank - 1).fill(1)];
    return { value, gradFunc: (dy, saved) => tf.mul(tf.reshape(dy, rows), saved[0]!) };
  })(x);
}
