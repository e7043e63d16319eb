import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { startCompute } from '../../../electron/engine/compute/index.ts';
import { NO_STATE } from '../../../electron/engine/distill/index.ts';
import type { Weights } from '../../../electron/engine/model/index.ts';
import { startState, Trainer } from '../../../electron/engine/train/index.ts';
import { CLASSES, distilTiny, tinyNetwork, tinyOptions } from './tiny.ts';

type Tensors = Record<string, { shape: number[]; values: number[] }>;

/** Written by test/fixtures/train/pytorch_steps.py with PyTorch 1.13. */
const record = JSON.parse(
  readFileSync(new URL('../../fixtures/train/pytorch-steps.json', import.meta.url), 'utf8'),
) as {
  teacher: Tensors;
  student: Tensors;
  adapters: Tensors;
  batches: { images: number[]; targets: number[] }[];
  losses: { crossEntropy: number; logits: number; features: number }[];
  trained: { student: Tensors; adapters: Tensors };
};

const toWeights = (tensors: Tensors): Weights =>
  new Map(
    Object.entries(tensors).map(([name, { shape, values }]) => [name, { shape, values: Float32Array.from(values) }]),
  );

/** Takes three steps of distillation on a back end, and compares losses and weights; the caller stops it. */
export async function compareWithPyTorch(backend: 'cpu' | 'simd' | 'webgpu'): Promise<void> {
  await startCompute({ backend });
  const fresh = startState(tinyNetwork(6, { dropout: 0 }), toWeights(record.student));
  const trainer = new Trainer({
    ...tinyOptions({ optimizer: { momentum: 0.9, weightDecay: 0.01 } }),
    state: { ...fresh, methods: { features: { ...NO_STATE, variables: toWeights(record.adapters) } } },
    distillation: distilTiny(
      { network: tinyNetwork(9, { dropout: 0 }), weights: toWeights(record.teacher) },
      {
        crossEntropy: { weight: 1 },
        logits: { weight: 1, temperature: 4 },
        features: { weight: 0.5, scale: 'absolute' },
        attention: { weight: 0 },
      },
    ),
    labelSmoothing: 0.1,
    learningRate: () => 0.1,
  });
  for (const [i, { images, targets }] of record.batches.entries()) {
    const batch = {
      images: Float32Array.from(images),
      targets: Float32Array.from(targets),
      size: targets.length / CLASSES,
    };
    const { losses } = await trainer.train([batch], { epoch: 0, epochs: 1 });
    for (const [part, value] of Object.entries(record.losses[i]!)) expect(losses[part], part).toBeCloseTo(value, 4);
  }
  const state = await trainer.exportState();
  trainer.dispose();
  const expected = { ...record.trained.student, ...record.trained.adapters };
  const trained = new Map([...state.weights, ...state.methods.features!.variables]);
  expect([...trained.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, values }] of Object.entries(expected)) {
    expect(trained.get(name)!.shape, name).toEqual(shape);
    for (const [i, value] of values.entries()) {
      expect(Math.abs(trained.get(name)!.values[i]! - value), `${name}[${i}]`).toBeLessThan(1e-4);
    }
  }
}
