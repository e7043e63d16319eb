import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  describeBalance,
  type MethodFacts,
  type MethodInputs,
  Objective,
  relativeLoss,
  softenedDivergence,
  weighClasses,
} from '../../../electron/engine/distill/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { draw } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const COUNTS = Float32Array.of(100, 10, 1);

describe('weights of classes', () => {
  test('are by the effective number of images, 1 on average', () => {
    // Beta 0.9: (1 - 0.9^n) / 0.1 is 9.99973, 6.51322 and 1.
    const inverse = [1 / 9.999734, 1 / 6.513216, 1];
    const sum = inverse.reduce((a, b) => a + b, 0);
    const weights = weighClasses(COUNTS, 0.9);
    for (const [i, weight] of weights.entries()) expect(weight).toBeCloseTo((3 * inverse[i]!) / sum, 5);
  });

  test('are all 1 for beta 0, and by the inverse size for a beta near 1', () => {
    expect([...weighClasses(COUNTS, 0)]).toEqual([1, 1, 1]);
    const [a, b, c] = weighClasses(COUNTS, 1 - 1e-9);
    expect(b! / a!).toBeCloseTo(10, 3);
    expect(c! / a!).toBeCloseTo(100, 2);
  });

  test('stay out of what the recipe does not balance', () => {
    const { balance } = recipeSchema.parse({});
    expect(describeBalance(balance, COUNTS)).toBeNull();
    expect(describeBalance({ ...balance, answers: 'images' }, COUNTS)).toMatchObject({
      logitOffsets: null,
      labelWeights: null,
      answerWeights: weighClasses(COUNTS, 0.9999),
    });
  });
});

describe('an objective', () => {
  const logits = () => draw<tf.Rank.R2>([4, 3], 'student');
  const teacherLogits = () =>
    tf.tensor2d([
      [4, 0, 0],
      [0, 4, 0],
      [4, 0, 0],
      [0, 1, 3],
    ]);
  const targets = () =>
    tf.tensor2d([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
  const inputs = (epoch: number): MethodInputs => ({
    logits: logits(),
    teacherLogits: teacherLogits(),
    targets: targets(),
    levels: [],
    lastMaps: null,
    embeddings: null,
    ownEmbedding: null,
    secondView: null,
    rotations: [],
    unlabelled: null,
    sampleIds: null,
    epoch,
    epochs: 10,
  });
  const facts: MethodFacts = {
    classes: 3,
    labelSmoothing: 0,
    pairs: [],
    embeddings: null,
    ownEmbedding: null,
    classCounts: COUNTS,
    balance: null,
    images: null,
  };
  /** The mean of each image's loss times its weight. */
  const mean = (weights: readonly number[]) => {
    const each = softenedDivergence(logits(), teacherLogits(), { temperature: 4 }).dataSync<'float32'>();
    return each.reduce((sum, loss, i) => sum + loss * weights[i]!, 0) / 4;
  };

  function lossOfAnswers(recipe: object, epoch = 9): number {
    const { balance, distill } = recipeSchema.parse(recipe);
    const settings = {
      ...distill,
      crossEntropy: { ...distill.crossEntropy, weight: 0 },
      reviewkd: { ...distill.reviewkd, weight: 0 },
    };
    const given = inputs(epoch);
    const before = tf.memory().numTensors;
    const objective = new Objective(settings, {
      facts: { ...facts, balance: describeBalance(balance, COUNTS) },
      states: {},
      random: new Random(1),
      perImage: distill.perImage,
    });
    const { total, values } = objective.compute(objective.weigh(epoch, 10), given);
    const [value] = values[0]!.dataSync();
    tf.dispose([total, values]);
    objective.dispose();
    expect(tf.memory().numTensors).toBe(before);
    return value!;
  }

  test('counts every image alike by itself', () => {
    expect(lossOfAnswers({})).toBeCloseTo(mean([1, 1, 1, 1]), 5);
  });

  test('weighs answers by the class of the image, from its epoch on', () => {
    const recipe = { balance: { answers: 'images', beta: 0.9, from: 0.5 } };
    const [a, b, c] = weighClasses(COUNTS, 0.9);
    expect(lossOfAnswers(recipe, 4)).toBeCloseTo(mean([1, 1, 1, 1]), 5);
    expect(lossOfAnswers(recipe, 5)).toBeCloseTo(mean([a!, b!, c!, c!]), 5);
  });

  test('multiplies the teacher’s probabilities by the weights of classes', () => {
    const weights = weighClasses(COUNTS, 0.9);
    const softened = tf.softmax(tf.div(teacherLogits(), 4));
    const weighed = tf.mul(softened, tf.tensor1d(weights));
    const expected = tf.mul<tf.Tensor2D>(tf.log(tf.div(weighed, tf.sum(weighed, 1, true))), 4);
    const loss = tf.mean(softenedDivergence(logits(), expected, { temperature: 4 })).dataSync()[0]!;
    expect(lossOfAnswers({ balance: { answers: 'teacher', beta: 0.9 } })).toBeCloseTo(loss, 4);
  });

  test('trusts a teacher only where it is right', () => {
    expect(lossOfAnswers({ distill: { perImage: { trust: 'correct' } } })).toBeCloseTo(mean([1, 1, 0, 1]), 5);
  });

  test('counts images more that the student finds harder than the teacher, without a gradient of that', () => {
    const logOf = (x: tf.Tensor2D) => tf.neg(tf.sum(tf.mul(targets(), tf.logSoftmax(x)), 1)).arraySync() as number[]; // A vector.
    const [student, teacher] = [logOf(logits()), logOf(teacherLogits())];
    const weights = student.map((loss, i) => 1 - Math.exp(-loss / teacher[i]!));
    expect(lossOfAnswers({ distill: { perImage: { weight: 'relative-loss' } } })).toBeCloseTo(mean(weights), 5);
    const gradient = tf.grad((x) => relativeLoss(x as tf.Tensor2D, teacherLogits(), targets()))(logits());
    expect([...gradient.dataSync()].every((value) => value === 0)).toBe(true);
  });

  test('multiplies what it does for images and for classes', () => {
    const recipe = { balance: { answers: 'images', beta: 0.9 }, distill: { perImage: { trust: 'correct' } } };
    const [a, b, c] = weighClasses(COUNTS, 0.9);
    expect(lossOfAnswers(recipe)).toBeCloseTo(mean([a!, b!, 0, c!]), 5);
  });
});
