import { expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  ConfidenceTally,
  countReferences,
  fitLikeness,
  LIKE_SHARE,
  measureUnlikeness,
} from '../../../electron/engine/measure/index.ts';

/** Answers of a network that is sure of its images: one large logit, the others near 0. */
function drawSure(images: number, classes: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: images * classes }, (_, i) => {
    const [image, label] = [Math.floor(i / classes), i % classes];
    return (image % classes === label ? 8 : 0) + 0.5 * random.normal();
  });
}

test.each([2, 3, 10])(
  'of %d classes: what a network is sure of is like, what lies between classes is not',
  (classes) => {
    const likeness = fitLikeness(drawSure(200, classes, 1), drawSure(200, classes, 2), classes);
    const isUnlike = (logits: Float32Array) => measureUnlikeness(likeness, logits) > likeness.threshold;
    const test = drawSure(100, classes, 3);
    const alarms = Array.from({ length: 100 }, (_, i) => isUnlike(test.subarray(i * classes, (i + 1) * classes)));
    expect(alarms.filter(Boolean).length).toBeLessThanOrEqual(10);
    expect(isUnlike(Float32Array.from({ length: classes }, (_, label) => (label < 2 ? 4 : 0)))).toBe(true);
    expect(isUnlike(new Float32Array(classes))).toBe(true);
  },
);

test('the threshold leaves the promised share of the validation images', () => {
  const validation = drawSure(400, 5, 5);
  const likeness = fitLikeness(drawSure(200, 5, 4), validation, 5);
  const tally = new ConfidenceTally({ temperature: 1, likeness });
  tally.add(validation, new Int32Array(400));
  const unlike = tally.result().unlike!.reduce((sum, one) => sum + one, 0); // It was given a likeness.
  expect(unlike).toBe(Math.round((1 - LIKE_SHARE) * 400));
});

test('a training image itself is as like as can be, and a constant beside its logits changes nothing', () => {
  const training = drawSure(20, 4, 6);
  const likeness = fitLikeness(training, training, 4);
  expect(measureUnlikeness(likeness, training.subarray(8, 12))).toBeCloseTo(0, 6);
  const [some, shifted] = [Float32Array.of(3, 1, 0, 2), Float32Array.of(103, 101, 100, 102)];
  expect(measureUnlikeness(likeness, shifted)).toBeCloseTo(measureUnlikeness(likeness, some), 5);
});

test('what is kept stays small, whatever the number of classes', () => {
  expect(countReferences(10)).toBe(1000);
  for (const classes of [1000, 20_000])
    expect(4 * countReferences(classes) * (classes + 1)).toBeLessThanOrEqual(2 ** 22);
  expect(countReferences(2_000_000)).toBe(1);
});

test('a network that says the same of every image finds none unlike, and gives no NaN', () => {
  const likeness = fitLikeness(new Float32Array(30), new Float32Array(30), 3);
  expect(measureUnlikeness(likeness, new Float32Array(3))).toBeCloseTo(0, 6);
  expect(likeness.threshold).not.toBeNaN();
});
