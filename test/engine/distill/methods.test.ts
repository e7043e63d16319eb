import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  Adapters,
  attentionTransfer,
  crossEntropy,
  cutSlots,
  cutStates,
  featureLoss,
  METHOD_MODULES,
  type Method,
  type MethodFacts,
  type MethodInputs,
  NO_STATE,
  nameVariable,
  Objective,
  softenedDivergence,
  type ViewOutputs,
} from '../../../electron/engine/distill/index.ts';
import type { Weights } from '../../../electron/engine/model/weights.ts';
import { METHOD_NAMES, type MethodName } from '../../../shared/run/methods.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const logits = (key: string) => draw<tf.Rank.R2>([3, 4], key);
const map = (shape: [number, number, number, number], key: string) => draw<tf.Rank.R4>(shape, key);
/** Mean over the images. */
const value = (loss: tf.Tensor) => tf.mean(loss).dataSync()[0]!;
/** A loss of each image as one of the batch. */
const meanOf =
  <X extends tf.Tensor>(loss: (x: X) => tf.Tensor1D) =>
  (x: X) =>
    tf.mean<tf.Scalar>(loss(x));
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
    expectGradient(
      meanOf((x: tf.Tensor2D) => crossEntropy(x, targets(), { labelSmoothing: 0.1 })),
      logits('ce'),
    );
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
    expectGradient(
      meanOf((x: tf.Tensor2D) => softenedDivergence(x, teacher, { temperature: 3 })),
      logits('kl'),
    );
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
    expectGradient(
      meanOf((x: tf.Tensor4D) => featureLoss(x, teacher)),
      student,
    );
  });

  test('relative: is measured in the power of the teacher, and does not change with its scale', () => {
    const teacher = map([2, 2, 2, 3], 'teacher');
    const student = map([2, 2, 2, 3], 'student');
    const relative = (x: tf.Tensor4D, y: tf.Tensor4D) => featureLoss(x, y, { scale: 'relative' });
    const power = teacher.dataSync<'float32'>().reduce((sum, x) => sum + x * x, 0) / teacher.size;
    expect(value(relative(student, teacher))).toBeCloseTo(value(featureLoss(student, teacher)) / power, 5);
    expect(value(relative(tf.mul(student, 7), tf.mul(teacher, 7)))).toBeCloseTo(value(relative(student, teacher)), 5);
    expect(value(relative(tf.zerosLike(teacher), teacher))).toBeCloseTo(1, 6);
    expectGradient(
      meanOf((x: tf.Tensor4D) => relative(x, teacher)),
      student,
    );
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
    expectGradient(
      meanOf((x: tf.Tensor4D) => attentionTransfer(x, teacher, { power })),
      student,
      { tolerance: 1e-2 },
    );
  });

  test('has a finite gradient where both maps are the same or zero', () => {
    for (const feature of [tf.ones<tf.Rank.R4>([1, 2, 2, 2]), tf.zeros<tf.Rank.R4>([1, 2, 2, 2])]) {
      const gradient = tf.grad((x) => attentionTransfer(x as tf.Tensor4D, feature))(feature);
      expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    }
  });
});

describe('every method', () => {
  const settings = recipeSchema.parse({
    distill: Object.fromEntries(METHOD_NAMES.map((name) => [name, { weight: 1 }])),
  }).distill;
  const facts: MethodFacts = {
    classes: 4,
    labelSmoothing: 0.1,
    pairs: [
      { student: 's', teacher: 't', studentChannels: 3, teacherChannels: 5 },
      { student: 'r', teacher: 'u', studentChannels: 3, teacherChannels: 4 },
    ],
    embeddings: { student: 3, teacher: 5 },
    ownEmbedding: 3,
    classCounts: Float32Array.of(4, 3, 2, 1),
    balance: null,
    images: 9,
  };
  const open = (name: MethodName) =>
    METHOD_MODULES[name].open({ settings: settings[name], facts, state: NO_STATE, random: new Random(1) });
  const readVariables = ({ variables }: Method): Weights =>
    new Map(
      [...variables].map(([key, { variable }]) => [
        key,
        { shape: variable.shape, values: variable.dataSync<'float32'>().slice() },
      ]),
    );
  const outputs = (key: string): ViewOutputs => ({
    logits: logits(`s${key}`),
    teacherLogits: logits(`t${key}`),
    levels: [
      { pair: facts.pairs[0]!, student: map([3, 2, 2, 3], `m${key}`), teacher: map([3, 4, 4, 5], `n${key}`) },
      { pair: facts.pairs[1]!, student: map([3, 4, 4, 3], `o${key}`), teacher: map([3, 4, 4, 4], `p${key}`) },
    ],
    lastMaps: { student: map([3, 2, 2, 4], `g${key}`), teacher: map([3, 4, 4, 4], `h${key}`) },
    embeddings: { student: draw([3, 3], `e${key}`), teacher: draw([3, 5], `f${key}`) },
    ownEmbedding: draw([3, 3], `e${key}`),
  });
  const inputs = (): MethodInputs => ({
    ...outputs('1'),
    secondView: outputs('2'),
    rotations: ['3', '4', '5'].map(outputs),
    unlabelled: outputs('6'),
    targets: targets(),
    sampleIds: Int32Array.of(5, 6, 7),
    epoch: 0,
    epochs: 2,
  });

  test.each(METHOD_NAMES)(
    '%s gives a finite loss of each image, or one of the batch, and leaves nothing behind',
    (name) => {
      const given = inputs();
      const before = tf.memory().numTensors;
      const method = open(name);
      const loss = tf.tidy(() => method.compute(given));
      expect([[], [3]]).toContainEqual(loss.shape);
      expect(loss.dataSync().every(Number.isFinite)).toBe(true);
      loss.dispose();
      method.dispose();
      expect(tf.memory().numTensors - before).toBe(0);
    },
  );

  test.each(METHOD_NAMES)('%s opens where the student was cut, from the state that it left', async (name) => {
    const method = open(name);
    const variables = readVariables(method);
    const rest = await method.readState?.();
    method.dispose();
    const kept = { map: () => [0, 2], embedding: () => [0, 2] };
    const cut = METHOD_MODULES[name].cut?.(variables, kept) ?? variables;
    const smaller = {
      ...facts,
      pairs: facts.pairs.map((pair) => ({ ...pair, studentChannels: 2 })),
      embeddings: { student: 2, teacher: 5 },
      ownEmbedding: 2,
    };
    const state = { ...NO_STATE, ...rest, variables: cut };
    const next = METHOD_MODULES[name].open({ settings: settings[name], facts: smaller, state, random: new Random(2) });
    for (const [key, { variable }] of next.variables)
      expect([...variable.dataSync()]).toEqual([...cut.get(key)!.values]);
    next.dispose();
  });

  test.each(METHOD_NAMES)('%s goes on from the state that it left as if it had not stopped', async (name) => {
    const [first, second] = [inputs(), { ...inputs(), ...outputs('3'), epoch: 1 }];
    const compute = (method: Method, given: MethodInputs) => [...tf.tidy(() => method.compute(given)).dataSync()];
    const method = open(name);
    compute(method, first);
    const state = { ...NO_STATE, ...structuredClone(await method.readState?.()), variables: readVariables(method) };
    const next = METHOD_MODULES[name].open({ settings: settings[name], facts, state, random: new Random(1) });
    expect(compute(next, second)).toEqual(compute(method, second));
    method.dispose();
    next.dispose();
  });

  test('has a file of its own, and every file is in the table', () => {
    const folder = new URL('../../../electron/engine/distill/methods/', import.meta.url);
    const files = readdirSync(folder);
    const named = METHOD_NAMES.map((name) => `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`);
    expect(files.sort()).toEqual(named.sort());
  });
});

describe('the objective', () => {
  const settings = recipeSchema.parse({
    distill: {
      crossEntropy: { weight: 0.5, schedule: { shape: 'linear' } },
      logits: { weight: 2, schedule: { shape: 'linear' } },
      features: { weight: 3, schedule: { shape: 'linear' } },
      attention: { weight: 4, schedule: { shape: 'linear' } },
      reviewkd: { weight: 0 },
    },
  }).distill;
  const pairs = [
    { student: 's1', teacher: 't1', studentChannels: 3, teacherChannels: 3 },
    { student: 's2', teacher: 't2', studentChannels: 3, teacherChannels: 3 },
  ];
  const facts = {
    classes: 4,
    labelSmoothing: 0.1,
    pairs,
    embeddings: null,
    ownEmbedding: null,
    classCounts: null,
    balance: null,
    images: null,
  };
  const random = new Random(1);

  test('is the weighted sum of its methods, features averaged over levels', () => {
    const levels = pairs.map((pair, i) => {
      const shape: [number, number, number, number] = i === 0 ? [3, 2, 2, 3] : [3, 1, 1, 3];
      return { pair, student: map(shape, pair.student), teacher: map(shape, pair.teacher) };
    });
    const inputs = {
      logits: logits('s'),
      targets: targets(),
      teacherLogits: logits('t'),
      levels,
      lastMaps: null,
      embeddings: null,
      ownEmbedding: null,
      secondView: null,
      rotations: [],
      unlabelled: null,
      sampleIds: null,
      epoch: 3,
      epochs: 8,
    };
    const objective = new Objective(settings, { facts, states: {}, random });
    const methods = objective.weigh(3, 8); // Three quarters of the way through the schedule.
    expect(methods.map(({ name, weight }) => [name, weight])).toEqual([
      ['crossEntropy', 0.125],
      ['logits', 1.5],
      ['features', 2.25],
      ['attention', 3],
    ]);
    const { total, values } = objective.compute(methods, inputs);
    const adapters = Adapters.create(pairs, { random });
    const averaged = (loss: (level: (typeof levels)[number]) => tf.Tensor) =>
      levels.reduce((sum, level) => sum + value(loss(level)) / levels.length, 0);
    const expected = [
      value(crossEntropy(inputs.logits, inputs.targets, { labelSmoothing: 0.1 })),
      value(softenedDivergence(inputs.logits, inputs.teacherLogits)),
      averaged(({ pair, student, teacher }) =>
        featureLoss(adapters.adapt(pair, student), teacher, { scale: 'relative' }),
      ),
      averaged(({ student, teacher }) => attentionTransfer(student, teacher)),
    ];
    for (const [i, part] of values.entries()) expect(value(part)).toBeCloseTo(expected[i]!, 5);
    const sum = expected.reduce((all, part, i) => all + part * methods[i]!.weight, 0);
    expect(value(total)).toBeCloseTo(sum, 4);
    objective.dispose();
    adapters.dispose();
  });

  test('leaves out methods of weight 0, and those that their schedule leaves at 0', () => {
    const objective = new Objective(
      { ...settings, features: { ...settings.features, weight: 0 } },
      { facts, states: {}, random },
    );
    expect(objective.weigh(3, 8).map(({ name }) => name)).toEqual(['crossEntropy', 'logits', 'attention']);
    expect(objective.weigh(0, 8).map(({ name }) => name)).toEqual(['crossEntropy']);
    expect(objective.weigh(4, 8).map(({ name }) => name)).toEqual(['logits', 'attention']);
    objective.dispose();
  });

  test('cuts what methods have of their own, and the optimizer’s buffers of it alike', () => {
    const weight = { shape: [1, 1, 3, 3], values: Float32Array.from({ length: 9 }, (_, i) => i) };
    const states = { features: { ...NO_STATE, variables: new Map([['s1~t1/weight', weight]]) } };
    const kept = { map: () => [0, 2], embedding: () => [] };
    const cut = { shape: [1, 1, 2, 3], values: Float32Array.of(0, 1, 2, 6, 7, 8) };
    expect(cutStates(states, kept).features?.variables.get('s1~t1/weight')).toEqual(cut);
    const slots = new Map([
      [nameVariable('features', 's1~t1/weight'), weight],
      ['s1/weight', weight],
    ]);
    expect(cutSlots(slots, states, kept)).toEqual(
      new Map([
        [nameVariable('features', 's1~t1/weight'), cut],
        ['s1/weight', weight],
      ]),
    );
  });
});
