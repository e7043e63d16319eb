import { existsSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  type ClassBalance,
  METHOD_MODULES,
  type Method,
  type MethodInputs,
  type ViewOutputs,
} from '../../../electron/engine/distill/index.ts';
import type { HostTensor, Weights } from '../../../electron/engine/model/weights.ts';
import { METHOD_NAMES, METHOD_SCHEMAS, type MethodName } from '../../../shared/run/methods.ts';

// Values and gradients of every method against PyTorch, written from the papers' formulas: test/fixtures/methods/make.py.

/** Largest error, as a share of the largest number of its tensor: single precision against double. */
const TOLERANCE = 2e-4;

interface StoredTensor {
  readonly shape: number[];
  readonly values: number[];
}

interface StoredView {
  readonly logits: StoredTensor;
  readonly teacherLogits: StoredTensor;
  readonly levels?: readonly { student: StoredTensor; teacher: StoredTensor }[];
  readonly lastMaps?: { student: StoredTensor; teacher: StoredTensor };
  readonly embeddings?: { student: StoredTensor; teacher: StoredTensor };
  readonly ownEmbedding?: StoredTensor;
}

interface StoredInputs extends StoredView {
  readonly targets: StoredTensor;
  readonly secondView?: StoredView;
  readonly rotations?: readonly StoredView[];
  readonly unlabelled?: StoredView;
  readonly sampleIds?: number[];
  readonly epoch: number;
  readonly epochs: number;
}

interface StoredCase {
  readonly settings: object;
  readonly facts: {
    labelSmoothing: number;
    classCounts: number[] | null;
    images?: number | null;
    balance: (Record<Exclude<keyof ClassBalance, 'from'>, number[] | null> & { from: number }) | null;
  };
  readonly state: {
    variables: Record<string, StoredTensor>;
    memory: Record<string, StoredTensor>;
    data: Record<string, unknown>;
  };
  readonly steps: readonly {
    inputs: StoredInputs;
    loss: StoredTensor;
    /** By the path of what the student made, or the name of a variable. */
    gradients: Record<string, StoredTensor>;
  }[];
}

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

describe.each(METHOD_NAMES)('%s', (name) => {
  test.each(readCases(name).map((stored, index) => [index, stored] as const))(
    'has the values and gradients of PyTorch, case %i',
    (_, stored) => {
      const before = tf.memory().numTensors;
      const method = openCase(name, stored);
      for (const step of stored.steps) {
        const { loss, gradients } = differentiateStep(method, step.inputs);
        expect(loss.shape).toEqual(step.loss.shape);
        expectClose('loss', loss.values, step.loss.values);
        expect([...gradients.keys()].sort()).toEqual(Object.keys(step.gradients).sort());
        for (const [path, { values }] of Object.entries(step.gradients))
          expectClose(path, gradients.get(path)!, values);
      }
      method.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

function readCases(name: MethodName): StoredCase[] {
  const file = new URL(`../../fixtures/methods/${name}.json`, import.meta.url);
  if (!existsSync(file)) throw new Error(`${name} has no reference: add it to test/fixtures/methods/references/.`);
  return JSON.parse(readFileSync(file, 'utf8')) as StoredCase[]; // make.py wrote it.
}

function openCase(name: MethodName, { settings, facts, state, steps }: StoredCase): Method {
  const { levels = [], embeddings, ownEmbedding } = steps[0]!.inputs;
  return METHOD_MODULES[name].open({
    settings: METHOD_SCHEMAS[name].parse({ weight: 1, ...settings }) as never, // The schema of the same name.
    facts: {
      classes: steps[0]!.inputs.logits.shape[1]!,
      labelSmoothing: facts.labelSmoothing,
      pairs: levels.map(({ student, teacher }, i) => ({
        ...namePair(i),
        studentChannels: student.shape[3]!,
        teacherChannels: teacher.shape[3]!,
      })),
      embeddings: embeddings ? { student: embeddings.student.shape[1]!, teacher: embeddings.teacher.shape[1]! } : null,
      ownEmbedding: ownEmbedding?.shape[1] ?? null,
      classCounts: toFloats(facts.classCounts),
      balance: facts.balance && {
        logitOffsets: toFloats(facts.balance.logitOffsets),
        labelWeights: toFloats(facts.balance.labelWeights),
        answerWeights: toFloats(facts.balance.answerWeights),
        teacherWeights: toFloats(facts.balance.teacherWeights),
        from: facts.balance.from,
      },
      images: facts.images ?? null,
    },
    state: { variables: toWeights(state.variables), memory: toWeights(state.memory), data: state.data },
    random: new Random('references'),
  });
}

/** The loss of a step, and the gradient of its mean with respect to all that is the student's. */
function differentiateStep(method: Method, stored: StoredInputs) {
  const made = new Map<string, tf.Variable>();
  const student = (path: string, { shape, values }: StoredTensor): tf.Tensor => {
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    made.set(path, variable);
    return variable;
  };
  const view = (
    prefix: string,
    { logits, teacherLogits, levels = [], lastMaps, embeddings, ownEmbedding }: StoredView,
  ): ViewOutputs => ({
    logits: student(`${prefix}logits`, logits) as tf.Tensor2D,
    teacherLogits: toTensor<tf.Rank.R2>(teacherLogits),
    levels: levels.map((level, i) => ({
      pair: namePair(i),
      student: student(`${prefix}levels.${i}.student`, level.student) as tf.Tensor4D,
      teacher: toTensor<tf.Rank.R4>(level.teacher),
    })),
    lastMaps: lastMaps
      ? {
          student: student(`${prefix}lastMaps.student`, lastMaps.student) as tf.Tensor4D,
          teacher: toTensor<tf.Rank.R4>(lastMaps.teacher),
        }
      : null,
    embeddings: embeddings
      ? {
          student: student(`${prefix}embeddings.student`, embeddings.student) as tf.Tensor2D,
          teacher: toTensor<tf.Rank.R2>(embeddings.teacher),
        }
      : null,
    ownEmbedding: ownEmbedding ? (student(`${prefix}ownEmbedding`, ownEmbedding) as tf.Tensor2D) : null,
  });
  const gradients = new Map<string, number[]>();
  const loss = { shape: [] as number[], values: [] as number[] };
  try {
    tf.tidy(() => {
      const inputs: MethodInputs = {
        ...view('', stored),
        secondView: stored.secondView ? view('secondView.', stored.secondView) : null,
        rotations: (stored.rotations ?? []).map((turned, i) => view(`rotations.${i}.`, turned)),
        unlabelled: stored.unlabelled ? view('unlabelled.', stored.unlabelled) : null,
        targets: toTensor<tf.Rank.R2>(stored.targets),
        sampleIds: stored.sampleIds ? Int32Array.from(stored.sampleIds) : null,
        epoch: stored.epoch,
        epochs: stored.epochs,
      };
      for (const [name, { variable }] of method.variables) made.set(`variables.${name}`, variable);
      const { grads } = tf.variableGrads(() => {
        const value = method.compute(inputs);
        loss.shape = value.shape;
        loss.values = [...value.dataSync<'float32'>()];
        return tf.mean<tf.Scalar>(value);
      }, [...made.values()]);
      for (const [path, { name }] of made) {
        const gradient = grads[name] as tf.Tensor | null; // Null where nothing leads to it.
        if (gradient) gradients.set(path, [...gradient.dataSync<'float32'>()]);
      }
    });
    return { loss, gradients };
  } finally {
    for (const [path, variable] of made) if (!path.startsWith('variables.')) variable.dispose();
  }
}

function expectClose(what: string, actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs), 1e-3);
  const errors = expected.map((value, i) => Math.abs(value - actual[i]!) / scale);
  const worst = errors.indexOf(Math.max(...errors));
  expect(errors[worst], `${what}[${worst}]: ${actual[worst]}, PyTorch has ${expected[worst]}`).toBeLessThan(TOLERANCE);
}

function namePair(i: number) {
  return { student: `s${i}`, teacher: `t${i}` };
}

function toFloats(values: number[] | null): Float32Array | null {
  return values && Float32Array.from(values);
}

function toTensor<R extends tf.Rank>({ shape, values }: StoredTensor): tf.Tensor<R> {
  return tf.tensor<R>(values, shape as tf.ShapeMap[R]);
}

function toWeights(stored: Record<string, StoredTensor>): Weights {
  return new Map(
    Object.entries(stored).map(([name, { shape, values }]): [string, HostTensor] => [
      name,
      { shape, values: Float32Array.from(values) },
    ]),
  );
}
