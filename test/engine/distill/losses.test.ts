import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import {
  activeParts,
  attentionTransfer,
  computeObjective,
  crossEntropy,
  featureLoss,
  LOSSES,
  type LossSettings,
  softenedDivergence,
} from '../../../electron/engine/distill/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const logits = (key: string) => draw<tf.Rank.R2>([3, 4], key);
const map = (shape: [number, number, number, number], key: string) => draw<tf.Rank.R4>(shape, key);
const value = (scalar: tf.Scalar) => scalar.dataSync()[0]!;
const targets = () =>
  tf.tensor2d([
    [1, 0, 0, 0],
    [0, 0.3, 0.7, 0],
    [0, 0, 0, 1],
  ]);

describe('cross-entropy', () => {
  test('of equal logits is log of the number of classes, whatever the smoothing', () => {
    const loss = crossEntropy(tf.zeros([3, 4]), targets(), { labelSmoothing: 0.1 });
    expect(value(loss)).toBeCloseTo(Math.log(4), 6);
  });

  test('has the values worked out by hand', () => {
    // softmax([log 1, log 2, log 5]) = [1, 2, 5] / 8
    const x = tf.log(tf.tensor2d([[1, 2, 5]])) as tf.Tensor2D;
    const target = tf.tensor2d([[0, 0, 1]]);
    expect(value(crossEntropy(x, target))).toBeCloseTo(Math.log(8 / 5), 6);
    // Smoothing 0.3 makes the target [0.1, 0.1, 0.8].
    const smoothed = 0.1 * Math.log(8) + 0.1 * Math.log(4) + 0.8 * Math.log(8 / 5);
    expect(value(crossEntropy(x, target, { labelSmoothing: 0.3 }))).toBeCloseTo(smoothed, 6);
  });

  test('has the gradient of central differences', () => {
    expectGradient((x: tf.Tensor2D) => crossEntropy(x, targets(), { labelSmoothing: 0.1 }), logits('ce'));
  });

  test('stays finite for large logits', () => {
    const x = tf.tensor2d([[1e4, -1e4, 0]]);
    expect(value(crossEntropy(x, tf.tensor2d([[0, 1, 0]])))).toBeCloseTo(2e4, 0);
    const gradient = tf.grad((y) => crossEntropy(y as tf.Tensor2D, tf.tensor2d([[0, 1, 0]])))(x);
    expect([...gradient.dataSync()]).toEqual([1, -1, 0]);
  });
});

describe('softened divergence', () => {
  test('has the value worked out by hand', () => {
    // At T = 2, logits 2 log p soften to p: student [1, 1] / 2, teacher [1, 3] / 4.
    const student = tf.zeros<tf.Rank.R2>([1, 2]);
    const teacher = tf.mul(tf.log(tf.tensor2d([[1, 3]])), 2) as tf.Tensor2D;
    const divergence = 0.25 * Math.log(0.5) + 0.75 * Math.log(1.5);
    expect(value(softenedDivergence(student, teacher, { temperature: 2 }))).toBeCloseTo(4 * divergence, 6);
  });

  test('has the gradient of central differences', () => {
    const teacher = logits('teacher');
    expectGradient((x: tf.Tensor2D) => softenedDivergence(x, teacher, { temperature: 3 }), logits('kl'));
  });

  test('is 0 for equal logits', () => {
    expect(value(softenedDivergence(logits('same'), logits('same')))).toBeCloseTo(0, 6);
  });
});

describe('feature loss', () => {
  test('is the mean squared difference, with its gradient', () => {
    const teacher = map([2, 2, 2, 3], 'teacher');
    const student = map([2, 2, 2, 3], 'student');
    const [a, b] = [student.dataSync<'float32'>(), teacher.dataSync<'float32'>()];
    const mean = a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0) / a.length;
    expect(value(featureLoss(student, teacher))).toBeCloseTo(mean, 5);
    expectGradient((x: tf.Tensor4D) => featureLoss(x, teacher), student);
  });

  test('relative: is measured in the power of the teacher, and does not change with its scale', () => {
    const teacher = map([2, 2, 2, 3], 'teacher');
    const student = map([2, 2, 2, 3], 'student');
    const relative = (x: tf.Tensor4D, y: tf.Tensor4D) => featureLoss(x, y, { scale: 'relative' });
    const power = teacher.dataSync<'float32'>().reduce((sum, x) => sum + x * x, 0) / teacher.size;
    expect(value(relative(student, teacher))).toBeCloseTo(value(featureLoss(student, teacher)) / power, 5);
    expect(value(relative(tf.mul(student, 7), tf.mul(teacher, 7)))).toBeCloseTo(value(relative(student, teacher)), 5);
    expect(value(relative(tf.zerosLike(teacher), teacher))).toBeCloseTo(1, 6);
    expectGradient((x: tf.Tensor4D) => relative(x, teacher), student);
  });

  test('relative: is finite where the teacher says nothing', () => {
    const zeros = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
    expect(value(featureLoss(zeros, zeros, { scale: 'relative' }))).toBe(0);
  });

  test('averages a larger teacher map over windows', () => {
    const teacher = tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]);
    expect(value(featureLoss(tf.tensor4d([1], [1, 1, 1, 1]), teacher))).toBeCloseTo(4, 6);
  });

  test('resizes where the sizes do not divide', () => {
    const teacher = tf.ones<tf.Rank.R4>([1, 3, 3, 2]);
    expect(value(featureLoss(tf.ones([1, 2, 2, 2]), teacher))).toBeCloseTo(0, 6);
  });
});

describe('attention transfer', () => {
  test('has the value worked out by hand', () => {
    // Maps (mean of |feature|): student [3, 4] / 5, teacher [1, 0].
    const student = tf.tensor4d([3, -3, -4, 4], [1, 1, 2, 2]);
    const teacher = tf.tensor4d([7, 0], [1, 1, 2, 1]);
    expect(value(attentionTransfer(student, teacher))).toBeCloseTo(Math.hypot(0.4, 0.8), 5);
    expect(value(attentionTransfer(student, teacher, { power: 1 }))).toBeCloseTo(1.2, 5);
  });

  test.each([1.5, 2, 3])('has the gradient of central differences (p = %s)', (power) => {
    const teacher = map([2, 2, 3, 2], 'teacher');
    const student = tf.add(tf.abs(map([2, 2, 3, 4], 'student')), 0.3) as tf.Tensor4D;
    expectGradient((x: tf.Tensor4D) => attentionTransfer(x, teacher, { power }), student, { tolerance: 1e-2 });
  });

  test('has a finite gradient where both maps are the same or zero', () => {
    for (const feature of [tf.ones<tf.Rank.R4>([1, 2, 2, 2]), tf.zeros<tf.Rank.R4>([1, 2, 2, 2])]) {
      const gradient = tf.grad((x) => attentionTransfer(x as tf.Tensor4D, feature))(feature);
      expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    }
  });
});

describe('the objective', () => {
  const settings: LossSettings = {
    ...recipeSchema.parse({}).distill,
    crossEntropy: 0.5,
    logits: 2,
    features: 3,
    attention: 4,
    labelSmoothing: 0.1,
  };
  const schedule = { crossEntropy: 0.25, distillation: 0.75 };

  test('is the weighted sum of its parts, features averaged over levels', () => {
    const [teacherFirst, teacherSecond] = [map([2, 2, 2, 3], 't1'), map([2, 1, 1, 3], 't2')];
    const [first, second] = [map([2, 2, 2, 3], 's1'), map([2, 1, 1, 3], 's2')];
    const inputs = {
      logits: logits('s'),
      targets: targets(),
      teacherLogits: logits('t'),
      levels: [
        { student: first, adapted: () => first, teacher: teacherFirst },
        { student: second, adapted: () => second, teacher: teacherSecond },
      ],
    };
    const parts = activeParts(settings, { schedule, teacher: true });
    expect(parts.map(({ name, weight }) => [name, weight])).toEqual([
      ['crossEntropy', 0.125],
      ['logits', 1.5],
      ['features', 2.25],
      ['attention', 3],
    ]);
    const { total, values } = computeObjective(parts, inputs, settings);
    const expected = [
      value(crossEntropy(inputs.logits, inputs.targets, { labelSmoothing: 0.1 })),
      value(softenedDivergence(inputs.logits, inputs.teacherLogits)),
      (value(featureLoss(first, teacherFirst, { scale: 'relative' })) +
        value(featureLoss(second, teacherSecond, { scale: 'relative' }))) /
        2,
      (value(attentionTransfer(first, teacherFirst)) + value(attentionTransfer(second, teacherSecond))) / 2,
    ];
    for (const [i, part] of values.entries()) expect(value(part)).toBeCloseTo(expected[i]!, 5);
    const sum = expected.reduce((all, part, i) => all + part * parts[i]!.weight, 0);
    expect(value(total)).toBeCloseTo(sum, 4);
  });

  test('is cross-entropy alone without a teacher', () => {
    expect(activeParts(settings, { schedule, teacher: false }).map(({ name }) => name)).toEqual(['crossEntropy']);
  });

  test('leaves out parts of weight 0', () => {
    const parts = activeParts({ ...settings, features: 0 }, { schedule, teacher: true });
    expect(parts.map(({ name }) => name)).toEqual(['crossEntropy', 'logits', 'attention']);
  });

  test('losses leave no tensors behind but their results', () => {
    const inputs = {
      logits: logits('s'),
      targets: targets(),
      teacherLogits: logits('t'),
      levels: [
        { student: map([2, 2, 2, 3], 's'), adapted: () => map([2, 2, 2, 5], 'a'), teacher: map([2, 4, 4, 5], 't') },
      ],
    };
    for (const [name, part] of Object.entries(LOSSES)) {
      const before = tf.memory().numTensors;
      const loss = part.compute(inputs, settings);
      loss.dispose();
      expect(tf.memory().numTensors - before, name).toBe(0);
    }
    const before = tf.memory().numTensors;
    const gradient = tf.grad((x) => featureLoss(x as tf.Tensor4D, inputs.levels[0]!.teacher))(map([2, 2, 2, 5], 'x'));
    gradient.dispose();
    expect(tf.memory().numTensors - before).toBe(1); // The map that was drawn here.
  });
});
