import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { NO_STATE, nameVariable } from '../../../electron/engine/distill/index.ts';
import { featureShapes, type Network, type Weights } from '../../../electron/engine/model/index.ts';
import { openNetworkTeacher } from '../../../electron/engine/teacher/index.ts';
import { type Distillation, startState, Trainer } from '../../../electron/engine/train/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
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

export type What = keyof GradientFixture['steps'];
export const STEPS = ['mobilenet-v2', 'mobilenet-v3-large', 'distillation'] as const satisfies readonly What[];

/** One step of the trainer as the script has it: losses, gradients and weights after it, by our names. */
async function takeStep(fixture: GradientFixture, what: What) {
  const { prefix, widths } = fixture.steps[what];
  const architecture = what === 'distillation' ? 'mobilenet-v2' : what;
  const network = buildLike(architecture, fixture.size, widths);
  const parameters = listTorchParameters(network);
  const teaching = what === 'distillation' ? makeTeacher(fixture, network) : null;
  const trainer = new Trainer({
    state: { ...startState(network, drawWeights(parameters, prefix)), methods: teaching?.methods ?? {} },
    distillation: teaching?.distillation,
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
  await teaching?.distillation.teacher.close();
  return { parameters: [...parameters, ...(teaching?.adapterParameters ?? [])], losses, gradients, weights };
}

function makeTeacher({ size, steps }: GradientFixture, student: Network) {
  const network = buildLike('mobilenet-v3-large', size, steps.distillation.widths, 'teacher.');
  const pair = { teacher: lastOf(network, 'block15'), student: lastOf(student, 'block17') };
  const [from, to] = [featureShapes(student).get(pair.student)![2], featureShapes(network).get(pair.teacher)![2]];
  const key = (role: string) => `${pair.student}~${pair.teacher}/${role}`;
  const name = (role: string) => nameVariable('features', key(role));
  const adapterParameters: TorchParameter[] = [
    { name: name('weight'), torchName: 'adapter.0.weight', op: 'conv', shape: [1, 1, from, to] },
    { name: name('gamma'), torchName: 'adapter.1.weight', op: 'batchNorm', shape: [to] },
    { name: name('beta'), torchName: 'adapter.1.bias', op: 'batchNorm', shape: [to] },
  ];
  const { distill: settings } = recipeSchema.parse({
    distill: {
      crossEntropy: { weight: 1 },
      logits: { weight: 1, temperature: 4 },
      features: { weight: 1, scale: 'absolute' },
      reviewkd: { weight: 0 },
    },
  });
  const weights = drawWeights(listTorchParameters(network), 'teacher.');
  const distillation: Distillation = {
    teacher: openNetworkTeacher({ network, weights }, [pair.teacher]),
    pairs: [pair],
    settings,
  };
  const drawn = drawWeights(adapterParameters, '');
  const variables: Weights = new Map(['weight', 'gamma', 'beta'].map((role) => [key(role), drawn.get(name(role))!]));
  return { distillation, methods: { features: { ...NO_STATE, variables } }, adapterParameters };
}

/** The output of a block. */
function lastOf({ nodes }: Network, block: string): string {
  return nodes.findLast(({ name }) => name.startsWith(`${block}/`))!.name;
}

/** Takes a step on the active back end and compares it with PyTorch's. */
export async function checkStep(fixture: GradientFixture, what: What): Promise<void> {
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

/** What a step on `simd` gives with so many threads. */
export async function takeStepWith(threads: number, what: What) {
  await startCompute({ backend: 'simd', threads });
  const { losses, gradients, weights } = await takeStep(readGradientFixture('odd'), what);
  await stopCompute();
  return { losses, gradients, weights };
}
