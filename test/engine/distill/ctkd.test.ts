import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { divergenceAt, METHOD_MODULES, NO_STATE, softenedDivergence } from '../../../electron/engine/distill/index.ts';
import {
  cutState,
  decodeCheckpoint,
  encodeCheckpoint,
  stateFromCheckpoint,
  stateToCheckpoint,
  Trainer,
  type TrainerOptions,
} from '../../../electron/engine/train/index.ts';
import { METHOD_SCHEMAS } from '../../../shared/run/methods.ts';
import { tinyDistillation, tinyOptions, toyBatches } from '../train/tiny.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const [student, teacher] = [() => draw<tf.Rank.R2>([3, 4], 'student'), () => draw<tf.Rank.R2>([3, 4], 'teacher')];

test('at a fixed temperature is the softened divergence, with the gradient of central differences in both', () => {
  const plain = softenedDivergence(student(), teacher(), { temperature: 3 }).dataSync();
  const answers = { student: student(), teacher: teacher() };
  const [one, each] = [tf.tensor2d([[3]]), tf.tensor2d([[1.5], [3], [6]])];
  for (const [i, value] of divergenceAt(answers, one).dataSync().entries()) expect(value).toBeCloseTo(plain[i]!, 5);
  expect(divergenceAt(answers, each).dataSync()[1]).toBeCloseTo(plain[1]!, 5);
  expectGradient(
    (x: tf.Tensor2D) => tf.mean<tf.Scalar>(divergenceAt({ ...answers, student: x }, each)),
    answers.student,
  );
  expectGradient((x: tf.Tensor2D) => tf.mean<tf.Scalar>(divergenceAt(answers, x)), each, { tolerance: 1e-2 });
});

/** The gradient of the loss with respect to the common temperature before its sigmoid, in an epoch. */
function pullAt(epoch: number, settings: object = {}): number {
  const method = METHOD_MODULES.ctkd.open({
    settings: METHOD_SCHEMAS.ctkd.parse({ weight: 1, ...settings }),
    facts: {
      classes: 4,
      labelSmoothing: 0,
      pairs: [],
      embeddings: null,
      ownEmbedding: null,
      classCounts: null,
      balance: null,
      images: null,
    },
    state: NO_STATE,
    random: new Random(1),
  });
  const { variable } = method.variables.get('temperature')!;
  const { grads } = tf.variableGrads(
    () =>
      tf.mean<tf.Scalar>(
        method.compute({
          logits: student(),
          teacherLogits: teacher(),
          levels: [],
          lastMaps: null,
          embeddings: null,
          ownEmbedding: null,
          secondView: null,
          rotations: [],
          unlabelled: null,
          targets: tf.zeros([3, 4]),
          sampleIds: null,
          epoch,
          epochs: 40,
        }),
      ),
    [variable],
  );
  method.dispose();
  return grads[variable.name]!.dataSync()[0]!;
}

test('the temperature works against the student, more from epoch to epoch, up to its strength', () => {
  const full = pullAt(9);
  const at = (raw: number) => {
    const temperature = tf.tensor2d([[1 + 20 / (1 + Math.exp(-raw))]]);
    return tf.mean(divergenceAt({ student: student(), teacher: teacher() }, temperature)).dataSync()[0]!;
  };
  const slope = (at(1.5) - at(0.5)) / 1;
  expect(Math.abs(slope)).toBeGreaterThan(1e-4);
  expect(full / -slope).toBeCloseTo(1, 0);
  expect(pullAt(4) / full).toBeCloseTo(0.5, 4);
  expect(pullAt(0) / full).toBeCloseTo((1 - Math.cos(Math.PI / 10)) / 2, 4);
  expect(pullAt(30)).toBe(full);
  expect(pullAt(30, { strength: 0.25 }) / full).toBeCloseTo(0.25, 4);
  expect(pullAt(1, { rampEpochs: 2 })).toBe(full);
});

describe.each(['all', 'image'] as const)('a temperature of %s', (scope) => {
  const options = tinyOptions({
    distillation: tinyDistillation({ logits: { weight: 0 }, features: { weight: 0 }, ctkd: { weight: 1, scope } }),
  });
  const epoch = { epoch: 9, epochs: 20 };
  const train = async (given: TrainerOptions, from: number, to: number) => {
    const trainer = new Trainer(given);
    try {
      await trainer.train(toyBatches(to).slice(from), { ...epoch, firstBatch: from });
      return await trainer.exportState();
    } finally {
      trainer.dispose();
    }
  };

  test('trains with the student, goes on bit by bit alike through a checkpoint, and is whole after a cut', async () => {
    const undisturbed = await train(options, 0, 4);
    const bytes = Buffer.concat(encodeCheckpoint(stateToCheckpoint(await train(options, 0, 2))));
    const restored = stateFromCheckpoint(decodeCheckpoint(bytes))!; // One was put in.
    expect(await train({ ...options, state: restored }, 2, 4)).toEqual(undisturbed);
    const { variables } = undisturbed.methods.ctkd!;
    const last = variables.get(scope === 'all' ? 'temperature' : 'output/bias')!;
    expect(last.values[0]).not.toBe(1);
    const cut = cutState(undisturbed, { keep: new Map([['stem', Int32Array.of(0, 2, 3, 5)]]) });
    expect(cut.methods.ctkd!.variables).toEqual(variables);
    expect((await train({ ...options, state: cut }, 0, 1)).methods.ctkd!.variables.size).toBe(variables.size);
  });
});
