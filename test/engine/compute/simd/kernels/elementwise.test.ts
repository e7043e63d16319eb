import { describe, expect, it } from 'vitest';
import { ACTIVATIONS } from '../../../../../electron/engine/compute/activation.ts';
import { Random } from '../../../../../electron/engine/core/random.ts';
import {
  ACTIVATION_REFERENCES,
  DERIVATIVE_REFERENCES,
  expectClose,
  expectEverywhere,
  normals,
  runEverywhere,
  useRuntimes,
} from './harness.ts';

useRuntimes();

const LENGTHS = [1, 2, 3, 4, 5, 15, 16, 17, 100, 40_003];
const BINARY = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divide: (a: number, b: number) => a / b,
  maximum: Math.max,
  minimum: Math.min,
};
const UNARY = {
  square: (x: number) => x * x,
  sqrt: Math.sqrt,
  rsqrt: (x: number) => 1 / Math.sqrt(x),
  abs: Math.abs,
  negate: (x: number) => -x,
  reciprocal: (x: number) => 1 / x,
};
/** Away from zero, so that quotients stay in range. */
const positive = (values: Float32Array) => values.map((value) => 0.5 + Math.abs(value));

describe('elementwise operations', () => {
  it.each(Object.entries(BINARY))('%s', (name, operation) => {
    const key = name as keyof typeof BINARY; // A key of the table.
    const random = new Random(`binary ${name}`);
    for (const length of LENGTHS) {
      const a = normals(random, length);
      const b = positive(normals(random, length));
      expectEverywhere(
        { a, b, y: length, z: length, w: length },
        ({ kernels }, at) => {
          kernels.binary(key, at.a, at.b, at.y, length);
          kernels.binaryScalar(key, at.a, 1.5, at.z, length);
          kernels.binaryScalar(key, at.b, 1.5, at.w, length, { reversed: true });
        },
        {
          y: Float64Array.from(a, (value, i) => operation(value, b[i]!)),
          z: Float64Array.from(a, (value) => operation(value, 1.5)),
          w: Float64Array.from(b, (value) => operation(1.5, value)),
        },
        1e-6,
      );
    }
    for (const [rows, channels] of [
      [1, 1],
      [3, 5],
      [700, 33],
    ] as const) {
      const a = normals(random, rows * channels);
      const row = positive(normals(random, channels));
      const column = positive(normals(random, rows));
      expectEverywhere(
        { a, row, column, y: a.length, z: a.length },
        ({ kernels }, at) => {
          kernels.binaryRow(key, at.a, at.row, at.y, rows, channels);
          kernels.binaryColumn(key, at.a, at.column, at.z, rows, channels);
        },
        {
          y: Float64Array.from(a, (value, i) => operation(value, row[i % channels]!)),
          z: Float64Array.from(a, (value, i) => operation(value, column[Math.floor(i / channels)]!)),
        },
        1e-6,
      );
    }
  });

  it.each(Object.entries(UNARY))('%s', (name, operation) => {
    const key = name as keyof typeof UNARY; // A key of the table.
    for (const length of LENGTHS) {
      const x = positive(normals(new Random(name), length));
      expectEverywhere(
        { x, y: length },
        ({ kernels }, at) => kernels.unary(key, at.x, at.y, length),
        {
          y: Float64Array.from(x, operation),
        },
        1e-6,
      );
    }
  });

  it.each(ACTIVATIONS)('activation %s and its gradient, at its corners too', (activation) => {
    for (const length of LENGTHS) {
      const x = normals(new Random(activation), length).map((value) => value * 4);
      x.set([-3, 0, 3, 6].slice(0, length));
      const dy = normals(new Random('dy'), length);
      expectEverywhere(
        { x, dy, y: length, dx: length },
        ({ kernels }, at) => {
          kernels.activation(at.x, at.y, length, activation);
          kernels.activationBackward(at.x, at.dy, at.dx, length, activation);
        },
        {
          y: Float64Array.from(x, ACTIVATION_REFERENCES[activation]),
          dx: Float64Array.from(x, (value, i) => DERIVATIVE_REFERENCES[activation](value) * dy[i]!),
        },
        1e-6,
      );
    }
  });

  it('adds, scales, fills and copies', () => {
    const random = new Random('moves');
    for (const length of LENGTHS) {
      const x = normals(random, length);
      const y = normals(random, length);
      expectEverywhere(
        { x, y, filled: length, copied: length },
        ({ kernels }, at) => {
          kernels.axpy(-2.5, at.x, at.y, length);
          kernels.fill(at.filled, length, 7);
          kernels.copy(at.x, at.copied, length);
        },
        { y: y.map((value, i) => value - 2.5 * x[i]!), filled: x.map(() => 7), copied: x },
        1e-6,
      );
    }
  });

  it.each([1, 2, 3, 16, 17, 31, 32, 33])('adds %i arrays', (count) => {
    const random = new Random('addN');
    const length = 1003;
    const inputs = normals(random, count * 1004);
    const reference = new Float64Array(length);
    for (let n = 0; n < count; n++) for (let i = 0; i < length; i++) reference[i]! += inputs[n * 1004 + i]!;
    expectEverywhere(
      { inputs, y: length },
      ({ kernels }, at) => {
        kernels.addN(
          Array.from({ length: count }, (_, n) => at.inputs + n * 1004 * 4),
          at.y,
          length,
        );
      },
      { y: reference },
    );
  });
});

describe('reductions', () => {
  it('sums columns, rows and everything', () => {
    const random = new Random('sums');
    for (const [rows, channels] of [
      [1, 1],
      [5, 3],
      [64, 1280],
      [3001, 19],
      [9, 1003],
    ] as const) {
      const x = normals(random, rows * channels);
      const columns = new Float64Array(channels);
      const rowSums = new Float64Array(rows);
      for (let i = 0; i < x.length; i++) {
        columns[i % channels]! += x[i]!;
        rowSums[Math.floor(i / channels)]! += x[i]!;
      }
      const totals: number[] = [];
      expectEverywhere(
        { x, columns: channels, rowSums: rows },
        ({ kernels }, at) => {
          kernels.columnSums(at.x, at.columns, rows, channels);
          kernels.rowSums(at.x, at.rowSums, rows, channels);
          totals.push(kernels.sum(at.x, x.length), kernels.sumOfSquares(at.x, x.length));
        },
        { columns, rowSums },
      );
      const sum = x.reduce((total, value) => total + value, 0);
      const squares = x.reduce((total, value) => total + value * value, 0);
      for (let i = 0; i < totals.length; i += 2) {
        expectClose([totals[i]!], [sum], 1e-5 * Math.max(1, Math.sqrt(x.length) / Math.abs(sum)), 'sum');
        expectClose([totals[i + 1]!], [squares], 1e-6, 'sum of squares');
      }
      expect(totals.slice(0, 2)).toEqual(totals.slice(2, 4));
    }
  });
});

describe('channels', () => {
  it.each([
    [1, 1, 1],
    [3, 7, 5],
    [2, 49, 40],
    [4, 1, 960],
    [2, 300, 19],
  ])('batch %i, pixels %i, channels %i', (batch, pixels, channels) => {
    const random = new Random('channels');
    const length = batch * pixels * channels;
    const x = normals(random, length);
    const dy = normals(random, length);
    const gate = normals(random, batch * channels);
    const at = (i: number) => Math.floor(i / (pixels * channels)) * channels + (i % channels);
    const dGate = new Float64Array(gate.length);
    const pooled = new Float64Array(gate.length);
    for (let i = 0; i < length; i++) {
      dGate[at(i)]! += x[i]! * dy[i]!;
      pooled[at(i)]! += x[i]! / pixels;
    }
    expectEverywhere(
      {
        x,
        gate,
        dy,
        y: length,
        dx: length,
        dGate: gate.length,
        gateOnly: gate.length,
        inputOnly: length,
        pooled: gate.length,
        spread: length,
      },
      ({ kernels }, o) => {
        kernels.scaleChannels(o.x, o.gate, o.y, batch, pixels, channels);
        kernels.scaleChannelsBackward(o, batch, pixels, channels);
        kernels.scaleChannelsBackward({ x: o.x, gate: o.gate, dy: o.dy, dGate: o.gateOnly }, batch, pixels, channels);
        kernels.scaleChannelsBackward({ x: o.x, gate: o.gate, dy: o.dy, dx: o.inputOnly }, batch, pixels, channels);
        kernels.globalAveragePool(o.x, o.pooled, batch, pixels, channels);
        kernels.globalAveragePoolBackward(o.gate, o.spread, batch, pixels, channels);
      },
      {
        y: x.map((value, i) => value * gate[at(i)]!),
        dx: dy.map((value, i) => value * gate[at(i)]!),
        inputOnly: dy.map((value, i) => value * gate[at(i)]!),
        dGate,
        gateOnly: dGate,
        pooled,
        spread: x.map((_, i) => gate[at(i)]! / pixels),
      },
    );
  });
});

describe('optimizers', () => {
  const length = 20_003;
  const random = new Random('optimizers');
  const parameter = normals(random, length);
  const gradient = normals(random, length);
  const velocity = normals(random, length);
  const second = normals(random, length).map((value) => value * value);

  it.each([false, true])('sgd, nesterov %s', (nesterov) => {
    const [learningRate, momentum, weightDecay] = [0.1, 0.9, 0.01];
    const nextVelocity = Float64Array.from(
      velocity,
      (v, i) => momentum * v + gradient[i]! + weightDecay * parameter[i]!,
    );
    const next = Float64Array.from(parameter, (p, i) => {
      const decayed = gradient[i]! + weightDecay * p;
      return p - learningRate * (nesterov ? decayed + momentum * nextVelocity[i]! : nextVelocity[i]!);
    });
    expectEverywhere(
      { parameter, gradient, velocity },
      ({ kernels }, at) => {
        kernels.sgd({ ...at, length, learningRate, momentum, nesterov, weightDecay });
      },
      { parameter: next, velocity: nextVelocity, gradient },
      1e-6,
    );
  });

  it('adamW', () => {
    const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, step: 3 };
    const m = Float64Array.from(velocity, (value, i) => 0.9 * value + 0.1 * gradient[i]!);
    const v = Float64Array.from(second, (value, i) => 0.999 * value + 0.001 * gradient[i]! ** 2);
    const next = Float64Array.from(parameter, (p, i) => {
      const step = m[i]! / (1 - 0.9 ** 3) / (Math.sqrt(v[i]! / (1 - 0.999 ** 3)) + 1e-8);
      return p * (1 - 0.01 * 0.1) - 0.01 * step;
    });
    expectEverywhere(
      { parameter, gradient, firstMoment: velocity, secondMoment: second },
      ({ kernels }, at) => {
        kernels.adamW({ ...at, length, ...options });
      },
      { parameter: next, firstMoment: m, secondMoment: v },
      2e-6,
    );
  });

  it('ema', () => {
    const results = runEverywhere({ average: parameter, value: gradient }, ({ kernels }, at) => {
      kernels.ema(at.average, at.value, length, 0.99);
    });
    for (const { average } of results)
      expectClose(
        average,
        Float64Array.from(parameter, (p, i) => 0.99 * p + 0.01 * gradient[i]!),
        1e-6,
        'average',
      );
  });
});
