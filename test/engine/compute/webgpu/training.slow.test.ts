import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { Trainer } from '../../../../electron/engine/train/index.ts';
import { tinyDistillation, tinyOptions, toyBatches } from '../../train/tiny.ts';
import { activeDevice, MISSING, startOnSwiftShader } from './swiftshader.ts';

const EPOCH = { epoch: 1, epochs: 4 };

/** Everything that a step can have: a teacher, all losses, dropout, clipping, a moving average. */
function makeTrainer(optimizer: 'sgd' | 'adamw', lossScaling?: object): { trainer: Trainer; dispose(): Promise<void> } {
  const distillation = tinyDistillation({
    crossEntropy: { weight: 1 },
    logits: { weight: 1 },
    features: { weight: 1 },
    attention: { weight: 1 },
  });
  const settings = { name: optimizer, clipNorm: 1, ema: 0.99 };
  // By a clock that runs, losses are also read between steps that take long.
  const clock = { now: () => 0, elapsedMs: () => 0 };
  const trainer = new Trainer(
    tinyOptions({ distillation, optimizer: settings, clock, ...(lossScaling && { lossScaling }) }),
  );
  return {
    trainer,
    async dispose() {
      trainer.dispose();
      await distillation.teacher.close();
    },
  };
}

interface Trained {
  readonly losses: Readonly<Record<string, number>>;
  readonly weights: ReadonlyMap<string, { readonly values: Float32Array }>;
}

async function train(): Promise<Trained> {
  const { trainer, dispose } = makeTrainer('sgd');
  const { losses } = await trainer.train(toyBatches(3), EPOCH);
  const { weights } = await trainer.exportState();
  await dispose();
  return { losses, weights };
}

describe.skipIf(MISSING)('training on webgpu', () => {
  let onSimd: Trained;
  beforeAll(async () => {
    await startCompute({ backend: 'simd', threads: 1 });
    onSimd = await train();
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
      const { trainer, dispose } = makeTrainer(name, scaling);
      const device = activeDevice();
      const perStep: { readBacks: number; dispatches: number }[] = [];
      let before = device.counts;
      const onProcessor = watchProcessorKernels();
      await trainer.train(toyBatches(3), {
        ...EPOCH,
        onStep: () => {
          const { readBacks, dispatches } = device.counts;
          perStep.push({ readBacks: readBacks - before.readBacks, dispatches: dispatches - before.dispatches });
          before = device.counts;
        },
      });
      expect(onProcessor.stop()).toBe(0);
      expect(perStep.map(({ readBacks }) => readBacks)).toEqual([0, 0, 0]);
      // The first step also fills what starts at zero.
      for (const { dispatches } of perStep.slice(1)) expect(dispatches).toBe(perStep[1]!.dispatches);
      // The losses of all steps together are read once, at the end.
      expect(device.counts.readBacks - before.readBacks).toBe(1);
      await dispose();
      expect(tf.memory().numTensors).toBe(0);
    },
  );

  it('comes to what simd comes to, to the same bits every time, and does not grow', async () => {
    const first = await train();
    for (const [part, loss] of Object.entries(onSimd.losses)) expect(first.losses[part], part).toBeCloseTo(loss, 4);
    for (const [name, { values }] of onSimd.weights) {
      for (const [i, value] of values.entries()) {
        expect(Math.abs(first.weights.get(name)!.values[i]! - value), `${name}[${i}]`).toBeLessThan(1e-3);
      }
    }
    const size = activeDevice().memory().numBytesAllocatedInGPU;
    expect(await train()).toEqual(first);
    expect(activeDevice().memory().numBytesAllocatedInGPU).toBe(size);
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
