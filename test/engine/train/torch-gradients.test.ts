import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { featureShapes, type Network, type Weights } from '../../../electron/engine/model/index.ts';
import { startState, Trainer, type TrainerOptions } from '../../../electron/engine/train/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { MISSING } from '../compute/webgpu/swiftshader.ts';
import {
  buildLike,
  compareTensor,
  drawBatch,
  drawWeights,
  floorOf,
  type GradientFixture,
  listTorchParameters,
  readGradientFixture,
  type TorchParameter,
} from './torch-gradients.ts';

/** A whole step in single precision is as near to double precision as PyTorch's own, give or take this factor … */
const FACTOR = 4;
/** … or this near, in shares of a tensor's norm. */
const GRADIENT_TOLERANCE = 1e-3;
const STATISTICS_TOLERANCE = 1e-4;

type What = keyof GradientFixture['steps'];

/** One step of the trainer as the script has it: losses, gradients and weights after it, by our names. */
async function takeStep(fixture: GradientFixture, what: What) {
  const { prefix, widths } = fixture.steps[what];
  const architecture = what === 'distillation' ? 'mobilenet-v2' : what;
  const network = buildLike(architecture, fixture.size, widths);
  const parameters = listTorchParameters(network);
  const teaching = what === 'distillation' ? makeTeacher(fixture, network) : null;
  const trainer = new Trainer({
    state: { ...startState(network, drawWeights(parameters, prefix)), adapters: teaching?.adapters ?? new Map() },
    teacher: teaching?.teacher,
    labelSmoothing: 0,
    optimizer: recipeSchema.parse({}).train.optimizer,
    learningRate: () => 0,
    random: new Random('gradients'),
    stage: 'test',
  });
  const kept = new Map<string, tf.Tensor>();
  const { losses } = await trainer.train([drawBatch(fixture)], {
    epoch: 0,
    epochs: 1,
    onGradients: (gradients) => {
      for (const [name, gradient] of gradients) kept.set(name, tf.keep(tf.clone(gradient)));
    },
  });
  const gradients = new Map<string, Float32Array>();
  for (const [name, tensor] of kept) gradients.set(name, await tensor.data<'float32'>());
  tf.dispose([...kept.values()]);
  const { weights } = await trainer.exportState();
  trainer.dispose();
  return { parameters: [...parameters, ...(teaching?.adapterParameters ?? [])], losses, gradients, weights };
}

function makeTeacher({ size, steps }: GradientFixture, student: Network) {
  const network = buildLike('mobilenet-v3-large', size, steps.distillation.widths, 'teacher.');
  const pair = { teacher: lastOf(network, 'block15'), student: lastOf(student, 'block17') };
  const [from, to] = [featureShapes(student).get(pair.student)![2], featureShapes(network).get(pair.teacher)![2]];
  const name = (role: string) => `${pair.student}~${pair.teacher}/${role}`;
  const adapterParameters: TorchParameter[] = [
    { name: name('weight'), torchName: 'adapter.0.weight', op: 'conv', shape: [1, 1, from, to] },
    { name: name('gamma'), torchName: 'adapter.1.weight', op: 'batchNorm', shape: [to] },
    { name: name('beta'), torchName: 'adapter.1.bias', op: 'batchNorm', shape: [to] },
  ];
  const settings = {
    crossEntropy: 1,
    logits: 1,
    temperature: 4,
    features: 1,
    featureScale: 'absolute',
    attention: 0,
  } as const;
  const teacher: TrainerOptions['teacher'] = {
    network,
    weights: drawWeights(listTorchParameters(network), 'teacher.'),
    pairs: [pair],
    settings: recipeSchema.parse({ distill: settings }).distill,
  };
  const adapters: Weights = drawWeights(adapterParameters, '');
  return { teacher, adapters, adapterParameters };
}

/** The output of a block. */
function lastOf({ nodes }: Network, block: string): string {
  return nodes.findLast(({ name }) => name.startsWith(`${block}/`))!.name;
}

async function checkStep(fixture: GradientFixture, what: What) {
  const expected = fixture.steps[what];
  const { parameters, losses, gradients, weights } = await takeStep(fixture, what);
  for (const [part, loss] of Object.entries(expected.losses))
    expect(Math.abs(losses[part]! / loss - 1), part).toBeLessThan(1e-4);
  const errors: { name: string; error: number }[] = [];
  const floor = floorOf(expected.gradients);
  let compared = 0;
  for (const parameter of parameters) {
    const { name, torchName } = parameter;
    const gradient = expected.gradients[torchName];
    const statistics = expected.statistics[torchName];
    if (gradient) errors.push({ name, error: compareTensor(gradients.get(name)!, parameter, gradient, floor) });
    if (statistics) {
      const error = compareTensor(weights.get(name)!.values, parameter, statistics, 0);
      expect(error, name).toBeLessThan(Math.max(STATISTICS_TOLERANCE, FACTOR * expected.float32.statistics));
    }
    if (gradient || statistics) compared++;
  }
  expect(compared).toBe(Object.keys(expected.gradients).length + Object.keys(expected.statistics).length);
  errors.sort((a, b) => b.error - a.error);
  const worst = errors[0]!;
  expect(worst.error, worst.name).toBeLessThan(Math.max(GRADIENT_TOLERANCE, FACTOR * expected.float32.gradients));
}

const STEPS = ['mobilenet-v2', 'mobilenet-v3-large', 'distillation'] as const;

describe('a whole step gives the losses and gradients of PyTorch', () => {
  describe.each(['simd', 'cpu'] as const)('on %s', (backend) => {
    beforeAll(async () => {
      await startCompute({ backend });
    });
    afterAll(stopCompute);

    // The plain JavaScript back end takes seconds for each: the one with everything in it is enough there.
    const steps = backend === 'cpu' ? STEPS.slice(2) : STEPS;
    it.each(steps)('%s, odd sizes', { timeout: 60_000 }, (what) => checkStep(readGradientFixture('odd'), what));

    if (backend === 'simd')
      describe.each([
        ['one image', 'single'],
        ['maps of one pixel', 'pixel'],
        ['published sizes', 'full'],
      ] as const)('%s', (_, size) => {
        it.each(STEPS)('%s', { timeout: 60_000 }, (what) => checkStep(readGradientFixture(size), what));
      });
  });

  describe.skipIf(MISSING)('on webgpu (SwiftShader)', () => {
    afterAll(stopCompute);

    it.each([
      ['odd sizes', 'distillation', 'odd'],
      ['maps of one pixel', 'mobilenet-v3-large', 'pixel'],
    ] as const)('%s: %s', { timeout: 120_000 }, async (_, what, size) => {
      await startCompute({ backend: 'webgpu' });
      await checkStep(readGradientFixture(size), what);
    });
  });
});

describe('a whole step on simd has the same bits', () => {
  const train = async (what: What, threads: number) => {
    await startCompute({ backend: 'simd', threads });
    const { losses, gradients, weights } = await takeStep(readGradientFixture('odd'), what);
    await stopCompute();
    return { losses, gradients, weights };
  };

  it.each(['mobilenet-v3-large', 'distillation'] as const)(
    'with 1, 2, 3 and 4 threads: %s',
    { timeout: 180_000 },
    async (what) => {
      const alone = await train(what, 1);
      for (const threads of [2, 3, 4]) expect(await train(what, threads)).toEqual(alone);
    },
  );
});
