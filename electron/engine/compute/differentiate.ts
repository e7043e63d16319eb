import * as tf from '@tensorflow/tfjs-core';
import { DIFFERENTIABLE_IN_FIRST_OUTPUT } from './operations/kernel-choice.ts';

type Engine = ReturnType<typeof tf.engine>;
type Tape = Engine['state']['activeTape'];
type TapeNode = Tape[number];

/**
 * The value of `f` and its gradients with respect to `xs`, as `tf.engine().gradients` gives them, but lean: a feature
 * map and the gradient of it are disposed as soon as backpropagation has passed them, which halves the peak and keeps
 * what is written next in the processor's caches; what operations save is not recorded as operations of its own; and
 * the tape is walked once.
 *
 * `f` takes no arguments and returns a scalar. An entry is null where `f` does not depend on that `x`. The caller
 * disposes value and gradients; what `f` makes besides its result is disposed unless kept. Not for gradients of gradients.
 */
export function differentiate(
  f: () => tf.Scalar,
  xs: readonly tf.Tensor[],
): { value: tf.Scalar; gradients: (tf.Tensor | null)[] } {
  const engine = tf.engine();
  const start = engine.state.gradientDepth > 0 ? engine.state.activeTape.length : 0;
  let tape: Tape = [];
  // tfjs records; what is on the tape is taken from it before it looks for gradients there.
  const { value } = engine.gradients<tf.Scalar>(
    () =>
      withCheapClones(engine, () => {
        const y = f();
        tape = engine.state.activeTape.splice(start);
        return y;
      }),
    [...xs],
    undefined,
    true,
  );
  let gradients: (tf.Tensor | null)[] = [];
  tf.tidy(() => {
    gradients = backpropagate(tape, value, xs);
    return gradients.filter((gradient) => gradient !== null);
  });
  return { value, gradients };
}

/** Gradients that are disposed as soon as the gradient function that was called with them has returned. */
const spent = new Set<tf.Tensor>();

/**
 * Whether a gradient function may write over the numbers of `dy`: nobody looks at them after it, and no other tensor
 * shares them.
 */
export function mayOverwrite(dy: tf.Tensor): boolean {
  return spent.has(dy) && tf.backend().refCount(dy.dataId) === 1;
}

function backpropagate(tape: Tape, y: tf.Tensor, xs: readonly tf.Tensor[]): (tf.Tensor | null)[] {
  const wanted = new Set(xs.map(({ id }) => id));
  const reached = reachedFrom(tape, wanted);
  const gradients = new Map<number, tf.Tensor>([[y.id, tf.onesLike(y)]]);
  for (const node of tape.reverse()) {
    const dys = node.outputs.map(({ id }) => gradients.get(id) ?? null);
    const inputs = Object.entries(node.inputs).filter(([, { id }]) => reached.has(id));
    const passed = node.outputs.flatMap(({ id }, i) => (dys[i] && !wanted.has(id) ? [dys[i]] : []));
    if (inputs.length > 0 && dys.some((dy) => dy !== null)) {
      for (const dy of passed) spent.add(dy);
      callGradient(node, dys, inputs, gradients);
      spent.clear();
    }
    for (const { id } of node.outputs) if (!wanted.has(id)) gradients.delete(id);
    for (const dy of passed) dy.dispose();
    for (const tensor of node.saved ?? []) if (!(tensor instanceof tf.Variable)) tensor.dispose();
  }
  return xs.map(({ id }) => gradients.get(id) ?? null);
}

/** Ids of the tensors that depend on those of `from`, these included. */
function reachedFrom(tape: Tape, from: ReadonlySet<number>): Set<number> {
  const reached = new Set(from);
  for (const { inputs, outputs } of tape) {
    if (!Object.values(inputs).some(({ id }) => reached.has(id))) continue;
    for (const { id } of outputs) reached.add(id);
  }
  return reached;
}

/** Adds the gradients of a node's `inputs` to those by tensor, and disposes what its gradient function made besides. */
function callGradient(
  node: TapeNode,
  dys: (tf.Tensor | null)[],
  inputs: readonly [string, tf.Tensor][],
  gradients: Map<number, tf.Tensor>,
): void {
  if (!node.gradient) throw new Error(`${node.kernelName} has no gradient`);
  // What it makes is at the end of the list of the enclosing scope: looking there costs less than a scope for each node.
  const made = tf.engine().state.activeScope.track;
  const before = made.length;
  const first = DIFFERENTIABLE_IN_FIRST_OUTPUT.has(node.kernelName) ? dys[0] : undefined;
  // tfjs makes zeros in the place of null, which its typings do not say; where nobody looks, anything does.
  const thunks = node.gradient((first ? dys.map((dy) => dy ?? first) : dys) as tf.Tensor[]);
  const given = new Set<tf.Tensor | null>(dys);
  const kept = new Set<tf.Tensor>();
  for (const [name, x] of inputs) {
    const thunk = thunks[name];
    if (!thunk) throw new Error(`${node.kernelName} has no gradient of its input ${name}`);
    let dx = thunk();
    tf.util.assertShapesMatch(dx.shape, x.shape, `The gradient of ${node.kernelName}'s ${name}: `);
    // One that is handed through becomes a tensor of its own, since the other is about to go.
    if (given.has(dx)) dx = tf.clone(dx);
    given.add(dx);
    const sofar = gradients.get(x.id);
    if (sofar) {
      const sum = tf.add(sofar, dx);
      tf.dispose([sofar, dx]);
      dx = sum;
    }
    kept.add(dx);
    gradients.set(x.id, dx);
  }
  for (const tensor of made.splice(before)) {
    if (kept.has(tensor)) made.push(tensor);
    else if (!tensor.kept) tensor.dispose();
  }
}

/**
 * Runs `record` with an engine whose copies of what operations save share the numbers directly. tfjs runs a kernel for
 * each, and puts it on the tape as an operation that may be differentiated.
 */
function withCheapClones<T>(engine: Engine, record: () => T): T {
  Object.assign(engine, { clone: shareNumbers });
  try {
    return record();
  } finally {
    Reflect.deleteProperty(engine, 'clone'); // The class's own method shows again.
  }
}

function shareNumbers(tensor: tf.Tensor): tf.Tensor {
  // A variable outlives the gradients with respect to it, and is not assigned to before they are there.
  if (tensor instanceof tf.Variable) return tensor;
  const engine = tf.engine();
  // The numbers of another back end are moved to this one by a kernel.
  if (engine.state.tensorInfo.get(tensor.dataId)?.backend !== engine.backend) return tf.clone(tensor);
  const { dataId, shape, dtype } = tensor;
  engine.backend.incRef(dataId);
  return engine.makeTensorFromTensorInfo({ dataId, shape, dtype });
}
