import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  type Embeddings,
  embedImages,
  fitProbe,
  measureAlignment,
  measureDeviation,
  measureNeighbours,
  measureProbe,
  measureUniformity,
} from '../../../electron/engine/measure/index.ts';
import { forward, initializeWeights, Parameters } from '../../../electron/engine/model/index.ts';
import { SIZE, tinyNetwork, toyBatches } from '../train/tiny.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

/** Rows as they are given, brought to length 1. */
function embeddingsOf(rows: readonly (readonly number[])[], labels: readonly number[] = rows.map(() => 0)): Embeddings {
  const unit = rows.flatMap((row) => row.map((value) => value / Math.hypot(...row)));
  return { rows: Float32Array.from(unit), length: rows[0]!.length, labels: Int32Array.from(labels) };
}

/** Clouds around one direction for each class. */
function makeClouds(images: number, { classes = 3, length = 8, noise = 0.3, seed = 'clouds' } = {}): Embeddings {
  const random = new Random(seed);
  const labels = Array.from({ length: images }, (_, i) => i % classes);
  const rows = labels.map((label) => Array.from({ length }, (_, i) => (i === label ? 1 : 0) + noise * random.normal()));
  return embeddingsOf(rows, labels);
}

describe('embeddings', () => {
  test('are what enters the classifier, brought to length 1', async () => {
    const network = tinyNetwork();
    const parameters = Parameters.fromWeights(network, initializeWeights(network, new Random('embeddings')));
    const [batch] = toyBatches(1);
    const given = { ...batch!, labels: Int32Array.from({ length: batch!.size }, (_, i) => i % 3) };
    const before = tf.memory().numTensors;
    const { rows, length, labels } = await embedImages({ network, parameters }, [given, given]);
    expect(tf.memory().numTensors).toBe(before);
    expect(labels).toEqual(Int32Array.from([...given.labels, ...given.labels]));
    const raw = tf.tidy(() => {
      const images = tf.tensor4d(given.images, [given.size, SIZE, SIZE, 3]);
      return [
        ...forward(network, parameters, images, { training: false, taps: ['flat'] })
          .taps.get('flat')!
          .dataSync(),
      ];
    });
    expect(raw).toHaveLength(length * given.size);
    for (let image = 0; image < 2 * given.size; image++) {
      const own = raw.slice((image % given.size) * length, ((image % given.size) + 1) * length);
      for (let i = 0; i < length; i++) expect(rows[image * length + i]).toBeCloseTo(own[i]! / Math.hypot(...own), 5);
    }
    parameters.dispose();
  });
});

describe('neighbours', () => {
  test('vote by e^(cosine / temperature), worked out by hand', async () => {
    const angle = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const known = embeddingsOf([angle(0), angle(40), angle(-40), angle(90)], [0, 1, 1, 2]);
    const asked = embeddingsOf([angle(0)], [1]);
    // Of class 0 one neighbour with cosine 1, of class 1 two with 0.766: e^0 against 2 e^(-0.234 / t), which wins from t = 0.338.
    expect(await measureNeighbours(known, asked, { neighbours: 3, temperature: 0.33 })).toBe(0);
    expect(await measureNeighbours(known, asked, { neighbours: 3, temperature: 0.35 })).toBe(1);
    expect(await measureNeighbours(known, asked, { neighbours: 1, temperature: 5 })).toBe(0);
  });

  test('tell classes that lie apart, and nothing of labels that mean nothing', async () => {
    const before = tf.memory().numTensors;
    const [known, asked] = [makeClouds(300), makeClouds(600, { seed: 'asked' })];
    expect(await measureNeighbours(known, asked)).toBeGreaterThan(0.9);
    const random = new Random('labels');
    const shuffled = { ...known, labels: random.shuffle(known.labels.slice()) };
    expect(await measureNeighbours(shuffled, asked)).toBeCloseTo(1 / 3, 0);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('may be fewer than are asked for', async () => {
    expect(await measureNeighbours(makeClouds(3), makeClouds(30, { noise: 0.05, seed: 'few' }))).toBe(1);
  });
});

describe('the linear probe', () => {
  /** Mean cross-entropy and its gradient at a probe, beside the pull towards zero, in double precision and by the formula alone. */
  function slopeAt(probe: { weights: Float32Array; biases: Float32Array }, { rows, labels, length }: Embeddings) {
    const classes = probe.biases.length;
    const weights = new Float64Array(length * classes);
    const biases = new Float64Array(classes);
    for (const [image, label] of labels.entries()) {
      const row = rows.subarray(image * length, (image + 1) * length);
      const logits = Array.from(probe.biases, (bias, c) =>
        row.reduce((sum, x, i) => sum + x * probe.weights[i * classes + c]!, bias),
      );
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      for (let c = 0; c < classes; c++) {
        const error = (Math.exp(logits[c]!) / total - (c === label ? 1 : 0)) / labels.length;
        biases[c]! += error;
        for (let i = 0; i < length; i++) weights[i * classes + c]! += error * row[i]!;
      }
    }
    return { weights, biases };
  }

  test('is at the minimum: the slope of the cross-entropy is the pull of the weights', async () => {
    const known = makeClouds(120, { noise: 0.5 });
    const decay = 0.01;
    const before = tf.memory().numTensors;
    const probe = await fitProbe(known, 3, { decay, steps: 2000 });
    expect(tf.memory().numTensors).toBe(before);
    // What brings the mean square length about the mean to 1 scales the pull.
    const centre = Array.from(
      { length: known.length },
      (_, i) => known.rows.reduce((sum, x, at) => (at % known.length === i ? sum + x : sum), 0) / 120,
    );
    const spread = known.rows.reduce((sum, x, at) => sum + (x - centre[at % known.length]!) ** 2, 0) / 120;
    const slope = slopeAt(probe, known);
    for (const value of slope.biases) expect(Math.abs(value)).toBeLessThan(1e-5);
    for (const [i, value] of slope.weights.entries())
      expect(value + decay * spread * probe.weights[i]!).toBeCloseTo(0, 5);
  });

  test('of two images is the line between them, and the same again', async () => {
    const known = embeddingsOf(
      [
        [1, 0],
        [0, 1],
      ],
      [0, 1],
    );
    const probe = await fitProbe(known, 2);
    expect(
      measureProbe(
        probe,
        embeddingsOf(
          [
            [3, 2],
            [2, 3],
          ],
          [0, 1],
        ),
      ),
    ).toBe(1);
    expect(probe.weights[0]).toBeCloseTo(probe.weights[3]!, 4);
    expect(probe.weights[1]).toBeCloseTo(-probe.weights[0]!, 4);
    expect(await fitProbe(known, 2)).toEqual(probe);
  });

  test('learns within its steps what can be told, and of equal embeddings the larger class', async () => {
    const probe = await fitProbe(makeClouds(300), 3);
    expect(measureProbe(probe, makeClouds(600, { seed: 'asked' }))).toBeGreaterThan(0.9);
    const same = embeddingsOf(
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      [1, 1, 0],
    );
    expect(measureProbe(await fitProbe(same, 2), same)).toBeCloseTo(2 / 3, 6);
  });
});

describe('how embeddings are spread', () => {
  test('alignment is the mean squared distance of two views', () => {
    const first = embeddingsOf([
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
    expect(measureAlignment(first, first)).toBe(0);
    expect(
      measureAlignment(
        first,
        embeddingsOf([
          [1, 0],
          [1, 0],
          [-1, 0],
        ]),
      ),
    ).toBeCloseTo((0 + 2 + 4) / 3, 6);
  });

  test('uniformity is the logarithm of the mean potential of all pairs', () => {
    expect(
      measureUniformity(
        embeddingsOf([
          [1, 0],
          [1, 0],
          [1, 0],
        ]),
      ),
    ).toBeCloseTo(0, 6);
    // Squared distances 4, 2, 2.
    const potential = (Math.exp(-8) + 2 * Math.exp(-4)) / 3;
    expect(
      measureUniformity(
        embeddingsOf([
          [1, 0],
          [-1, 0],
          [0, 1],
        ]),
      ),
    ).toBeCloseTo(Math.log(potential), 5);
    // On a sphere of many dimensions nearly all squared distances are 2.
    const random = new Random('sphere');
    const sphere = embeddingsOf(Array.from({ length: 200 }, () => Array.from({ length: 400 }, () => random.normal())));
    expect(measureUniformity(sphere)).toBeCloseTo(-4, 1);
    expect(measureDeviation(sphere)).toBeCloseTo(1, 2);
  });

  test('deviation is 0 where all are the same, and 1 where they cancel out', () => {
    expect(
      measureDeviation(
        embeddingsOf([
          [3, 4],
          [3, 4],
        ]),
      ),
    ).toBeCloseTo(0, 6);
    expect(
      measureDeviation(
        embeddingsOf([
          [1, 0],
          [-1, 0],
          [0, 1],
          [0, -1],
        ]),
      ),
    ).toBeCloseTo(1, 6);
    // A cosine of c between all: 1 - c of the square is spread.
    const rows = [0, 1, 2].map((own) => [0, 1, 2].map((i) => (i === own ? 3 : 1)));
    expect(measureDeviation(embeddingsOf(rows)) ** 2).toBeCloseTo((1 - 7 / 11) * (2 / 3), 5);
  });
});
