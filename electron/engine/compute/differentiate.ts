import * as tf from '@tensorflow/tfjs-core';

/**
 * The value of `f` and its gradients with respect to `xs`, as `tf.engine().gradients` gives them, but with memory freed
 * on the way: a feature map and the gradient of it are disposed as soon as backpropagation has passed them, which halves
 * the peak and keeps what is written next in the processor's caches.
 *
 * `f` takes no arguments and returns a scalar. An entry is null where `f` does not depend on that `x`. The caller
 * disposes value and gradients; what `f` makes besides its result is disposed unless kept. Not for gradients of gradients.
 */
export function differentiate(
  f: () => tf.Scalar,
  xs: readonly tf.Tensor[],
): { value: tf.Scalar; gradients: (tf.Tensor | null)[] } {
  const engine = tf.engine();
  const { value, grads } = engine.gradients<tf.Scalar>(
    () => {
      const y = f();
      freeAlongTheWay(engine.state.activeTape, new Set(xs.map(({ id }) => id)), engine.state.gradientDepth);
      return y;
    },
    [...xs],
    undefined,
    true,
  );
  // tfjs leaves a hole where there is no path; its typings do not say so.
  return { value, gradients: grads.map((gradient) => (gradient as tf.Tensor | undefined) ?? null) };
}

type Tape = ReturnType<typeof tf.engine>['state']['activeTape'];

/** Wraps the gradient function of every operation on the tape so that it disposes what its successor left behind. */
function freeAlongTheWay(tape: Tape, wanted: ReadonlySet<number>, depth: number): void {
  if (depth !== 1) return;
  let passed: tf.Tensor[] = [];
  for (const node of tape) {
    const { gradient } = node;
    if (!gradient) continue;
    const keepsOutput = node.outputs.some(({ id }) => wanted.has(id));
    node.gradient = (dys) => {
      // Called from the last operation to the first: all gradients of the operation after this one are computed.
      for (const tensor of passed) tensor.dispose();
      // An output that the result does not depend on has none.
      const upstream = dys.filter((dy: tf.Tensor | null) => dy !== null);
      passed = [...(node.saved ?? []), ...(keepsOutput ? [] : upstream)];
      const thunks = gradient(dys);
      // A gradient that is handed through unchanged becomes a tensor of its own, since this one is about to go.
      const handedOut = new Set<tf.Tensor>(upstream);
      return Object.fromEntries(
        Object.entries(thunks).map(([name, thunk]) => [
          name,
          () => {
            const dx = thunk();
            if (handedOut.has(dx)) return tf.clone(dx);
            handedOut.add(dx);
            return dx;
          },
        ]),
      );
    };
  }
}
