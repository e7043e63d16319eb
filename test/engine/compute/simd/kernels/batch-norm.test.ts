import { describe, it } from 'vitest';
import { ACTIVATIONS, type Activation } from '../../../../../electron/engine/compute/activation.ts';
import { Random } from '../../../../../electron/engine/core/random.ts';
import {
  ACTIVATION_REFERENCES,
  DERIVATIVE_REFERENCES,
  expectClose,
  normals,
  runEverywhere,
  useRuntimes,
} from './harness.ts';

useRuntimes();

interface Case {
  rows: number;
  channels: number;
  activation: Activation;
  /** Added to every value, in standard deviations. */
  shift?: number;
}

function check({ rows, channels, activation, shift = 0 }: Case, random: Random, tolerance = 2e-5): void {
  const length = rows * channels;
  const x = normals(random, length).map((value, index) => value * (1 + (index % channels)) + shift);
  const dy = normals(random, length);
  const gamma = normals(random, channels).map((value) => value + 2);
  const beta = normals(random, channels);
  const epsilon = 1e-3;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < length; i++) mean[i % channels]! += x[i]! / rows;
  for (let i = 0; i < length; i++) variance[i % channels]! += (x[i]! - mean[i % channels]!) ** 2 / rows;
  const normalized = Float64Array.from(
    x,
    (value, i) => (value - mean[i % channels]!) / Math.sqrt(variance[i % channels]! + epsilon),
  );
  const z = normalized.map((value, i) => gamma[i % channels]! * value + beta[i % channels]!);
  const y = z.map(ACTIVATION_REFERENCES[activation]);
  const dz = z.map((value, i) => DERIVATIVE_REFERENCES[activation](value) * dy[i]!);
  const dBeta = new Float64Array(channels);
  const dGamma = new Float64Array(channels);
  for (let i = 0; i < length; i++) {
    dBeta[i % channels]! += dz[i]!;
    dGamma[i % channels]! += dz[i]! * normalized[i]!;
  }
  const dx = dz.map((value, i) => {
    const c = i % channels;
    const spread = gamma[c]! / Math.sqrt(variance[c]! + epsilon);
    return spread * (value - dBeta[c]! / rows - (normalized[i]! * dGamma[c]!) / rows);
  });
  // dx is a difference of terms of this size; with one or two rows nearly nothing is left of them.
  const terms = dz.reduce((most, value, i) => {
    const c = i % channels;
    return Math.max(most, Math.abs((value * gamma[c]!) / Math.sqrt(variance[c]! + epsilon)));
  }, 0);
  const sums = { mean: channels, variance: channels, dGamma: channels, dBeta: channels };
  const everywhere = runEverywhere(
    { x, dy, gamma, beta, y: length, dx: length, inference: length, ...sums },
    ({ kernels }, at) => {
      const common = { ...at, rows, channels, epsilon, activation };
      kernels.batchNormTraining(common);
      kernels.batchNormBackward(common);
      kernels.batchNormInference({ ...common, y: at.inference });
    },
  );
  for (const results of everywhere) {
    const references = { y, inference: y, mean, variance, dGamma, dBeta };
    for (const [name, reference] of Object.entries(references))
      expectClose(results[name as keyof typeof references], reference, tolerance, name); // A key of that table.
    const errors = results.dx.map((value, i) => (value - dx[i]!) / Math.max(terms, 1e-3));
    expectClose(errors, new Float32Array(length), tolerance * 1e3, 'error of dx'); // Of the least scale, 1e-3.
  }
}

describe('batch norm', () => {
  it.each(ACTIVATIONS)('agrees with double precision, forward and backward, with %s', (activation) => {
    const random = new Random(`batch norm ${activation}`);
    for (const [rows, channels] of [
      [1, 1],
      [2, 3],
      [7, 8],
      [64, 100],
      [65, 33],
      [256, 64],
      [1025, 17],
      [1024, 40],
      [4097, 24],
    ] as const)
      check({ rows, channels, activation }, random);
  });

  it('agrees on drawn shapes', () => {
    const random = new Random('batch norm drawn');
    for (let round = 0; round < 30; round++)
      check(
        { rows: 1 + random.integer(500), channels: 1 + random.integer(90), activation: ACTIVATIONS[round % 5]! },
        random,
      );
  });

  it('does not cancel where the mean is a thousand times the spread', () => {
    const random = new Random('batch norm shifted');
    // The input itself is rounded to 6e-5 of a standard deviation here.
    check({ rows: 3000, channels: 1, activation: 'none', shift: 1000 }, random, 2e-4);
    check({ rows: 500, channels: 40, activation: 'none', shift: 1000 }, random, 2e-4);
  });

  it('may write over its input', () => {
    const random = new Random('batch norm in place');
    for (const [rows, channels] of [
      [5, 7],
      [2001, 20],
    ] as const) {
      const x = normals(random, rows * channels);
      const dy = normals(random, rows * channels);
      const gamma = normals(random, channels);
      const beta = normals(random, channels);
      const sums = { mean: channels, variance: channels, dGamma: channels, dBeta: channels };
      const everywhere = runEverywhere(
        { x, dy, gamma, beta, y: x.length, dx: x.length, inference: x, ...sums },
        ({ kernels }, at) => {
          const common = { ...at, rows, channels, epsilon: 1e-3, activation: 'hard-swish' as const };
          kernels.batchNormTraining(common);
          kernels.batchNormBackward(common);
          kernels.batchNormBackward({ ...common, dx: at.dy });
          kernels.batchNormInference({ ...common, x: at.inference, y: at.inference });
        },
      );
      for (const results of everywhere) {
        expectClose(results.inference, results.y, 0, 'inference in place');
        expectClose(results.dy, results.dx, 0, 'backward in place');
      }
    }
  });
});
