import { expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { fitTemperature, softmaxOf } from '../../../electron/engine/measure/index.ts';

/** Logits, and labels that are drawn from their softmax at a temperature. */
function draw(images: number, classes: number, temperature: number) {
  const random = new Random(7);
  const logits = Float32Array.from({ length: images * classes }, () => 4 * random.normal());
  const every = Array.from({ length: classes }, (_, label) => label);
  const labels = Int32Array.from({ length: images }, (_, image) => {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    let left = random.next();
    const label = softmaxOf(row, every, temperature).findIndex((share) => {
      left -= share;
      return left < 0;
    });
    return Math.max(0, label);
  });
  return { logits, labels };
}

test.each([0.5, 1, 2.5])('finds the temperature %d that labels were drawn with', (temperature) => {
  const { logits, labels } = draw(4000, 6, temperature);
  expect(Math.abs(Math.log(fitTemperature(logits, labels) / temperature))).toBeLessThan(0.06);
});

test('no temperature near it has a smaller cross-entropy', () => {
  const { logits, labels } = draw(1500, 4, 1.7);
  const cost = (temperature: number) =>
    Array.from(labels).reduce(
      (sum, label, image) =>
        sum - Math.log(softmaxOf(logits.subarray(image * 4, image * 4 + 4), [label], temperature)[0]!),
      2 * Math.log(temperature) ** 2, // The prior.
    );
  const best = fitTemperature(logits, labels);
  for (const factor of [0.9, 0.97, 1.03, 1.1]) expect(cost(best)).toBeLessThan(cost(best * factor));
});

test('a constant that is added to all logits of an image changes nothing', () => {
  const { logits, labels } = draw(300, 3, 1.4);
  const shifted = logits.map((value, i) => value + 10 * (Math.floor(i / 3) % 5));
  expect(fitTemperature(shifted, labels)).toBeCloseTo(fitTemperature(logits, labels), 3);
});

test('few images that are all right do not make a network sure of everything', () => {
  const right = (images: number) => {
    const logits = Float32Array.from({ length: images * 3 }, (_, i) => (i % 3 === 0 ? 3 : 0));
    return fitTemperature(logits, new Int32Array(images));
  };
  expect(right(4)).toBeGreaterThan(0.75);
  expect(right(4)).toBeLessThan(1);
  expect(right(100)).toBeLessThan(right(4));
  expect(right(10_000)).toBeGreaterThanOrEqual(1 / 8);
});

test('images that are all wrong do not make it infinitely unsure, and none at all leave it as it is', () => {
  const logits = Float32Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 3 : 0));
  expect(fitTemperature(logits, new Int32Array(100).fill(1))).toBeLessThanOrEqual(8);
  expect(fitTemperature(new Float32Array(), new Int32Array())).toBe(1);
});
