import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import type { MethodModule, MethodOptions } from '../../../electron/engine/distill/index.ts';
import {
  cutState,
  decodeCheckpoint,
  encodeCheckpoint,
  stateFromCheckpoint,
  stateToCheckpoint,
  Trainer,
  type TrainerOptions,
} from '../../../electron/engine/train/index.ts';
import { tinyDistillation, tinyOptions, toyBatches } from './tiny.ts';

/** A method with all that a method may have: a trained vector over the embedding, a memory of logits, and a count of steps. */
const remembering = vi.hoisted(
  (): { module: MethodModule<'attention'> | null } => ({ module: null }), // Made below, where the imports are there.
);
remembering.module = {
  open: ({ state, facts }: MethodOptions<'attention'>) => {
    const restore = (from: typeof state.variables, name: string, fresh: tf.Tensor) =>
      tf.tidy(() => {
        const kept = from.get(name);
        return kept ? tf.tensor(new Float32Array(kept.values), [...kept.shape]) : fresh;
      });
    const pair = facts.pairs[0]!;
    const vector = tf.variable(restore(state.variables, 'vector', tf.ones([pair.studentChannels])));
    const queue = tf.variable(restore(state.memory, 'queue', tf.zeros([facts.classes])), false);
    let steps = Number(state.data.steps ?? 0);
    return {
      variables: new Map([['vector', { variable: vector, decay: false }]]),
      compute({ logits, levels }) {
        const pooled = tf.mean(levels[0]!.student, [1, 2]);
        const loss = tf.add(tf.sum(tf.square(tf.mul(pooled, vector)), 1), tf.sum(tf.square(tf.sub(logits, queue)), 1));
        queue.assign(tf.mean<tf.Tensor1D>(logits, 0));
        steps++;
        return loss as tf.Tensor1D;
      },
      async readState() {
        const values = new Float32Array(await queue.data<'float32'>());
        return { memory: new Map([['queue', { shape: [facts.classes], values }]]), data: { steps } };
      },
      dispose: () => tf.dispose([vector, queue]),
    };
  },
  cut: (variables, kept) =>
    new Map(
      [...variables].map(([name, { values }]) => {
        const channels = Array.from(kept.map('project/bn'));
        return [name, { shape: [channels.length], values: Float32Array.from(channels, (i) => values[i]!) }];
      }),
    ),
};

vi.mock('../../../electron/engine/distill/method-modules.ts', async (original) => {
  const { METHOD_MODULES } = await original<typeof import('../../../electron/engine/distill/method-modules.ts')>();
  return {
    METHOD_MODULES: {
      ...METHOD_MODULES,
      attention: {
        open: (options: never) => remembering.module!.open(options),
        cut: (...args: Parameters<NonNullable<MethodModule['cut']>>) => remembering.module!.cut!(...args),
      },
    },
  };
});

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

const epoch = { epoch: 0, epochs: 2 };

async function withTrainer<T>(options: TrainerOptions, work: (trainer: Trainer) => Promise<T>): Promise<T> {
  const trainer = new Trainer(options);
  try {
    return await work(trainer);
  } finally {
    trainer.dispose();
  }
}

const options = tinyOptions({ distillation: tinyDistillation({ attention: { weight: 0.5 } }) });

test('what a method has of its own is trained, and goes on bit by bit alike through a checkpoint', async () => {
  const batches = toyBatches(6);
  const undisturbed = await withTrainer(options, async (trainer) => {
    await trainer.train(batches, epoch);
    return trainer.exportState();
  });
  const half = await withTrainer(options, async (trainer) => {
    await trainer.train(batches.slice(0, 2), epoch);
    return trainer.exportState();
  });
  const bytes = Buffer.concat(encodeCheckpoint(stateToCheckpoint(half)));
  const restored = stateFromCheckpoint(decodeCheckpoint(bytes))!; // One was put in.
  const resumed = await withTrainer({ ...options, state: restored }, async (trainer) => {
    await trainer.train(batches.slice(2), { ...epoch, firstBatch: 2 });
    return trainer.exportState();
  });
  expect(resumed).toEqual(undisturbed);
  const { variables, memory, data } = undisturbed.methods.attention!;
  expect(data).toEqual({ steps: 6 });
  expect(memory.get('queue')!.values.every((value) => value !== 0)).toBe(true);
  expect(variables.get('vector')!.values.every((value) => value !== 1)).toBe(true);
  const [buffers] = undisturbed.slots.values();
  expect(buffers!.has('distill.attention/vector')).toBe(true);
});

test('it is cut with the student, its optimizer’s buffers too, and learns on', async () => {
  const state = await withTrainer(options, async (trainer) => {
    await trainer.train(toyBatches(2), epoch);
    return trainer.exportState();
  });
  const keep = new Map([['stem', Int32Array.of(0, 2, 3, 5)]]);
  const cut = cutState(state, { keep });
  const before = state.methods.attention!.variables.get('vector')!.values;
  expect([...cut.methods.attention!.variables.get('vector')!.values]).toEqual([0, 2, 3, 5].map((i) => before[i]));
  const [buffers] = cut.slots.values();
  expect(buffers!.get('distill.attention/vector')!.shape).toEqual([4]);
  await withTrainer({ ...options, state: cut }, async (trainer) => {
    await trainer.train(toyBatches(1), epoch);
    expect((await trainer.exportState()).methods.attention!.data).toEqual({ steps: 3 });
  });
});
