import { expect, test } from 'vitest';
import { measureSeparation, type Outputs, SCORES } from '../../bench/likeness/scores.ts';
import { Random } from '../../electron/engine/core/random.ts';

test('the separation is the share of pairs in the right order', () => {
  expect(measureSeparation([3, 4], [1, 2])).toBe(1);
  expect(measureSeparation([1, 2], [3, 4])).toBe(0);
  expect(measureSeparation([1, 3], [2])).toBe(0.5);
  expect(measureSeparation([2], [2])).toBe(0.5);
});

/** Of three classes: embeddings around one corner each, and logits that are large for it. */
function draw(images: number, seed: number, { far = false } = {}): Outputs & { labels: number[] } {
  const random = new Random(seed);
  const labels = Array.from({ length: images }, (_, i) => i % 3);
  const around = (label: number, height: number) =>
    Float32Array.from(
      { length: 3 },
      (_, i) => (!far && i === label ? height : 0) + (far ? 1 : 0) + 0.3 * random.normal(),
    );
  return {
    labels,
    logits: labels.map((label) => around(label, 6)),
    embeddings: labels.map((label) => around(label, 3)),
  };
}

test.each(Object.keys(SCORES))('%s tells what lies between the classes from what lies in them', (name) => {
  const training = draw(120, 1);
  const score = SCORES[name]!({ training, labels: training.labels, validation: draw(60, 2), classes: 3 });
  expect(measureSeparation(score(draw(60, 3, { far: true })), score(draw(60, 4)))).toBeGreaterThan(0.95);
});
