import type { Activation } from '../activation.ts';
import type { BinaryOperation, SimdKernels, UnaryOperation } from './kernel-types.ts';
import type { Launcher } from './launcher.ts';

// Parameter slots, the same in assembly/elementwise.ts.
const OPERATION = 0;
const A = 1;
const B = 2;
const Y = 3;
const LENGTH = 4;
const A_TASK = 5;
const VALUE = 6;
const ROWS = 7;
const CHANNELS = 8;
const COUNT = 9;
const LOWEST = 10;
const HIGHEST = 11;
const INPUTS = 16;
const MOST_INPUTS = 16;

/** Elements that make a task worth handing over. */
const TASK_SIZE = 1 << 14;

// The same orders in assembly/elementwise-template.ts.
const BINARY = { add: 0, subtract: 1, multiply: 2, divide: 3, maximum: 4, minimum: 5 } as const satisfies Record<
  BinaryOperation,
  number
>;
const UNARY = { square: 0, sqrt: 1, rsqrt: 2, abs: 3, negate: 4, reciprocal: 5 } as const satisfies Record<
  UnaryOperation,
  number
>;
const ACTIVATIONS = { relu: 6, relu6: 7, 'hard-swish': 8, 'hard-sigmoid': 9 } as const satisfies Record<
  Exclude<Activation, 'none'>,
  number
>;
const FIRST_ACTIVATION = 6;

export function createElementwiseKernels(
  launcher: Launcher,
): Pick<
  SimdKernels,
  | 'activation'
  | 'activationBackward'
  | 'binary'
  | 'binaryRow'
  | 'binaryColumn'
  | 'binaryScalar'
  | 'unary'
  | 'addN'
  | 'axpy'
  | 'fakeQuantize'
  | 'fakeQuantizeBackward'
  | 'fill'
  | 'copy'
> {
  const p = launcher.integers;
  const setElements = (length: number) => {
    p[LENGTH] = length;
    p[A_TASK] = TASK_SIZE;
    return Math.ceil(length / TASK_SIZE);
  };
  const setRows = (operation: BinaryOperation, a: number, b: number, y: number, rows: number, channels: number) => {
    const perTask = Math.max(1, Math.round(TASK_SIZE / Math.max(1, channels)));
    p[OPERATION] = BINARY[operation];
    p[A] = a;
    p[B] = b;
    p[Y] = y;
    p[ROWS] = rows;
    p[CHANNELS] = channels;
    p[A_TASK] = perTask;
    return Math.ceil(rows / perTask);
  };
  const copy = (x: number, y: number, length: number) => {
    if (x === y) return;
    p[A] = x;
    p[Y] = y;
    launcher.run('copyBlock', setElements(length));
  };
  return {
    copy,

    activation(x, y, length, activation) {
      if (activation === 'none') {
        copy(x, y, length);
        return;
      }
      p[OPERATION] = ACTIVATIONS[activation];
      p[A] = x;
      p[Y] = y;
      launcher.run('unaryOfBlock', setElements(length));
    },

    activationBackward(x, dy, dx, length, activation) {
      if (activation === 'none') {
        copy(dy, dx, length);
        return;
      }
      p[OPERATION] = ACTIVATIONS[activation] - FIRST_ACTIVATION;
      p[A] = x;
      p[B] = dy;
      p[Y] = dx;
      launcher.run('activationGradientOfBlock', setElements(length));
    },

    binary(operation, a, b, y, length) {
      p[OPERATION] = BINARY[operation];
      p[A] = a;
      p[B] = b;
      p[Y] = y;
      launcher.run('binaryOfBlock', setElements(length));
    },

    binaryRow(operation, a, b, y, rows, channels) {
      launcher.run('binaryRowOfRows', setRows(operation, a, b, y, rows, channels));
    },

    binaryColumn(operation, a, b, y, rows, channels) {
      launcher.run('binaryColumnOfRows', setRows(operation, a, b, y, rows, channels));
    },

    binaryScalar(operation, a, value, y, length, { reversed = false } = {}) {
      p[OPERATION] = BINARY[operation];
      p[A] = a;
      p[Y] = y;
      launcher.floats[VALUE] = value;
      launcher.run(reversed ? 'binaryReversedOfBlock' : 'binaryScalarOfBlock', setElements(length));
    },

    unary(operation, x, y, length) {
      p[OPERATION] = UNARY[operation];
      p[A] = x;
      p[Y] = y;
      launcher.run('unaryOfBlock', setElements(length));
    },

    addN(inputs, y, length) {
      const [first] = inputs;
      if (first === undefined) return;
      if (inputs.length === 1) copy(first, y, length);
      p[Y] = y;
      const tasks = setElements(length);
      // Sixteen at a time; the sum so far is the first of the next.
      let some = inputs.slice(0, MOST_INPUTS);
      for (let next = some.length; some.length > 1; next += MOST_INPUTS - 1) {
        p.set(some, INPUTS);
        p[COUNT] = some.length;
        launcher.run('addManyOfBlock', tasks);
        some = [y, ...inputs.slice(next, next + MOST_INPUTS - 1)];
      }
    },

    axpy(alpha, x, y, length) {
      p[A] = x;
      p[Y] = y;
      launcher.floats[VALUE] = alpha;
      launcher.run('axpyOfBlock', setElements(length));
    },

    fakeQuantize(x, y, length, { scale, lowest, highest }) {
      p[A] = x;
      p[Y] = y;
      launcher.floats[VALUE] = scale;
      launcher.floats[LOWEST] = lowest;
      launcher.floats[HIGHEST] = highest;
      launcher.run('fakeQuantizeOfBlock', setElements(length));
    },

    fakeQuantizeBackward(x, dy, dx, length, { low, high }) {
      p[A] = x;
      p[B] = dy;
      p[Y] = dx;
      launcher.floats[LOWEST] = low;
      launcher.floats[HIGHEST] = high;
      launcher.run('fakeQuantizeGradientOfBlock', setElements(length));
    },

    fill(y, length, value) {
      p[Y] = y;
      launcher.floats[VALUE] = value;
      launcher.run('fillBlock', setElements(length));
    },
  };
}
