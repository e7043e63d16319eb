import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { Trainer } from '../../../../electron/engine/train/index.ts';
import { tinyOptions, tinyTeacher, toyBatches } from '../../train/tiny.ts';
import { activeDevice, MISSING, startOnSwiftShader } from './swiftshader.ts';

const EPOCH = { epoch: 1, epochs: 4 };

/** Everything that a step can have: a teacher, all losses, dropout, clipping, a moving average. */
function makeTrainer(optimizer: 'sgd' | 'adamw', lossScaling?: object): Trainer {
  const teacher = tinyTeacher({ crossEntropy: 1, logits: 1, features: 1, attention: 1 });
  const settings = { name: optimizer, clipNorm: 1, ema: 0.99 };
  return new Trainer(tinyOptions({ teacher, optimizer: settings, ...(lossScaling && { lossScaling }) }));
}

describe.skipIf(MISSING)('training on webgpu', () => {
  beforeAll(async () => {
    await startOnSwiftShader();
  });
  afterAll(stopCompute);

  it.each([
    ['sgd', 'without loss scaling', undefined],
    ['adamw', 'without loss scaling', undefined],
    ['sgd', 'with loss scaling', {}],
  ] as const)(
    '%s %s: nothing is read back within a step, and no kernel runs on the processor',
    async (name, _, scaling) => {
      const trainer = makeTrainer(name, scaling);
      const device = activeDevice();
      const perStep: { readBacks: number; dispatches: number }[] = [];
      let before = device.counts;
      const onProcessor = watchProcessorKernels();
      await trainer.train(toyBatches(5), {
        ...EPOCH,
        onStep: () => {
          const { readBacks, dispatches } = device.counts;
          perStep.push({ readBacks: readBacks - before.readBacks, dispatches: dispatches - before.dispatches });
          before = device.counts;
        },
      });
      expect(onProcessor.stop()).toBe(0);
      expect(perStep.map(({ readBacks }) => readBacks)).toEqual([0, 0, 0, 0, 0]);
      // The first step also fills what starts at zero.
      for (const { dispatches } of perStep.slice(1)) expect(dispatches).toBe(perStep[1]!.dispatches);
      // The losses of all steps together are read once, at the end.
      expect(device.counts.readBacks - before.readBacks).toBe(1);
      trainer.dispose();
      expect(tf.memory().numTensors).toBe(0);
    },
  );

  it('comes to what simd comes to', async () => {
    const train = async () => {
      const trainer = makeTrainer('sgd');
      const { losses } = await trainer.train(toyBatches(6), EPOCH);
      const { weights } = await trainer.exportState();
      trainer.dispose();
      return { losses, weights };
    };
    const ours = await train();
    await startCompute({ backend: 'simd', threads: 1 });
    const expected = await train();
    await startOnSwiftShader();
    for (const [part, loss] of Object.entries(expected.losses)) expect(ours.losses[part], part).toBeCloseTo(loss, 3);
    for (const [name, { values }] of expected.weights) {
      for (const [i, value] of values.entries()) {
        expect(Math.abs(ours.weights.get(name)!.values[i]! - value), `${name}[${i}]`).toBeLessThan(2e-3);
      }
    }
  });

  it('gives the same bits again, and does not grow', async () => {
    const device = activeDevice();
    const runs: Float32Array[][] = [];
    const sizes: number[] = [];
    for (let run = 0; run < 3; run++) {
      const trainer = makeTrainer('sgd');
      await trainer.train(toyBatches(8), EPOCH);
      const { weights } = await trainer.exportState();
      trainer.dispose();
      runs.push([...weights.values()].map(({ values }) => values));
      sizes.push(device.memory().numBytesAllocatedInGPU);
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(sizes[2]).toBe(sizes[1]);
  });
});

/** Counts the times that tfjs finds an operation small enough for the processor, until it is stopped. */
function watchProcessorKernels(): { stop(): number } {
  const device = activeDevice();
  let count = 0;
  const decide = device.shouldExecuteOnCPU.bind(device);
  device.shouldExecuteOnCPU = (...call) => {
    const onProcessor = decide(...call);
    if (onProcessor) count++;
    return onProcessor;
  };
  return {
    stop() {
      Reflect.deleteProperty(device, 'shouldExecuteOnCPU'); // The class's own shows again.
      return count;
    },
  };
}
