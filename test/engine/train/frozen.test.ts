import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { parameterSpecs } from '../../../electron/engine/model/index.ts';
import { channelGroups } from '../../../electron/engine/prune/index.ts';
import {
  cutState,
  decodeCheckpoint,
  encodeCheckpoint,
  stateFromCheckpoint,
  stateToCheckpoint,
  Trainer,
  type TrainerOptions,
  type TrainerState,
} from '../../../electron/engine/train/index.ts';
import { startReusing, tinyDistillation, tinyOptions, toyBatches } from './tiny.ts';

// The classifier that a student has from its teacher, in training.

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

const METHODS = { crossEntropy: { weight: 1 }, logits: { weight: 0 }, features: { weight: 0 }, simkd: { weight: 1 } };

async function train(
  {
    state,
    epochs = [0, 1],
    ...options
  }: Omit<Parameters<typeof tinyOptions>[0] & {}, 'state'> & {
    state?: TrainerState;
    epochs?: readonly number[];
  },
  onGradients?: (names: string[]) => void,
): Promise<{ before: TrainerState; after: TrainerState }> {
  const distillation = tinyDistillation(METHODS);
  const before = state ?? startReusing(distillation);
  const trainer = new Trainer(tinyOptions({ ...options, distillation, state: before }));
  try {
    for (const epoch of epochs)
      await trainer.train(toyBatches(4, { seed: `epoch ${epoch}` }), {
        epoch,
        epochs: 2,
        onGradients: (gradients) => onGradients?.([...gradients.keys()]),
      });
    return { before, after: await trainer.exportState() };
  } finally {
    trainer.dispose();
    await distillation.teacher.close();
  }
}

describe('frozen parameters', () => {
  const cases: [string, Partial<TrainerOptions['optimizer']>, Partial<TrainerOptions>][] = [
    ['SGD with weight decay', { name: 'sgd', weightDecay: 0.1 }, {}],
    ['AdamW with weight decay', { name: 'adamw', weightDecay: 0.1 }, {}],
    ['clipped gradients', { clipNorm: 0.1, weightDecay: 0.1 }, {}],
    ['a moving average', { ema: 0.9, weightDecay: 0.1 }, {}],
    ['a loss scale, which updates under a guard', { ema: 0.9, clipNorm: 1, weightDecay: 0.1 }, { lossScaling: {} }],
  ];
  test.each(cases)('stay as they are, bit by bit, through %s', async (_, optimizer, options) => {
    const { before, after } = await train({ optimizer, ...options });
    const specs = parameterSpecs(before.network);
    expect(specs.filter(({ frozen }) => frozen).map(({ name }) => name)).toEqual([
      'teacher/logits/weight',
      'teacher/logits/bias',
    ]);
    for (const { name, frozen } of specs) {
      const start = before.weights.get(name)!.values;
      for (const end of [after.weights, after.average ?? after.weights]) {
        if (frozen) expect(end.get(name)!.values, name).toEqual(start);
        else expect(end.get(name)!.values, name).not.toEqual(start);
      }
      for (const slot of after.slots.values()) if (frozen) expect([...slot.keys()]).not.toContain(name);
    }
  });

  test('have no gradients, so that clipping does not count them', async () => {
    const seen: string[][] = [];
    const { before } = await train({ epochs: [0] }, (names) => seen.push(names));
    const trained = parameterSpecs(before.network).filter(({ trainable, frozen }) => trainable && !frozen);
    expect(seen[0]).toEqual(trained.map(({ name }) => name));
  });

  test('and all others go on from a checkpoint as if there had been no stop', async () => {
    const optimizer = { name: 'adamw', ema: 0.9 } as const;
    const { after: whole } = await train({ optimizer });
    const { after: half } = await train({ optimizer, epochs: [0] });
    const stored = stateFromCheckpoint(decodeCheckpoint(Buffer.concat(encodeCheckpoint(stateToCheckpoint(half)))))!;
    const { after: resumed } = await train({ optimizer, state: stored, epochs: [1] });
    expect(resumed).toEqual(whole);
  });
});

describe('cuts', () => {
  test('take channels of the trunk and inside the projector, and leave its end and the classifier whole', async () => {
    const { after } = await train({ epochs: [0] });
    const prunable = channelGroups(after.network).filter((group) => group.prunable);
    expect(prunable.map(({ id }) => id)).toEqual(['stem', 'expand', 'simkd/reduce/conv']);
    const keep = new Map([
      ['stem', Int32Array.of(0, 2, 3)],
      ['simkd/reduce/conv', Int32Array.of(1, 4, 6, 7)],
    ]);
    const cut = cutState(after, { keep });
    const shape = (name: string) => cut.weights.get(name)!.shape;
    expect(shape('simkd/reduce/conv/weight')).toEqual([1, 1, 3, 4]);
    expect(shape('simkd/mix/conv/weight')).toEqual([3, 3, 4, 1]);
    expect(shape('simkd/expand/conv/weight')).toEqual([1, 1, 4, 9]);
    expect(cut.weights.get('teacher/logits/weight')).toEqual(after.weights.get('teacher/logits/weight'));
    expect(() => cutState(after, { keep: new Map([['simkd/expand/conv', Int32Array.of(0)]]) })).toThrow(
      'so are the channels of frozen layers',
    );
    const { after: further } = await train({ state: cut, epochs: [1] });
    expect(further.weights.get('teacher/logits/weight')).toEqual(after.weights.get('teacher/logits/weight'));
  });
});
