import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../core/random.ts';
import { withKnownGradient } from '../known-gradient.ts';
import { type BankSide, MemoryBank } from '../memory-bank.ts';
import type { Method, MethodInputs, MethodModule, MethodOptions, MethodState, MethodVariable } from '../method.ts';
import { cutProjection, Projection } from '../projection.ts';
import { normalizeRows } from '../relations.ts';

export const method: MethodModule<'crd'> = {
  open: (options) => new Contrast(options),
  cut: cutProjection('student'),
};

/**
 * Contrastive representation distillation (Tian et al. 2020, equations 10 to 19), of each image `[batch]`. Embeddings of
 * student and teacher are brought to one length by a linear layer each, and to length 1. A critic then tells from the product of
 * a student's with a teacher's whether both are of the same image: -log h of the image's own pair, and -log(1 - h) of each pair
 * with a negative, for the student's embedding with the teacher's of other images and the other way round. h is the logistic
 * function of product / temperature - log Z - log(negatives), where Z, their mean of e^(product / temperature), is estimated in
 * the first batch (noise-contrastive estimation, Wu et al. 2018).
 *
 * Negatives are what the bank holds of other images: batches that were seen before, drawn anew for each step, the same for the
 * whole batch. They are not drawn from other classes alone. The gradient flows to the student and both layers.
 */
class Contrast implements Method {
  readonly variables: ReadonlyMap<string, MethodVariable>;
  readonly #settings: MethodOptions<'crd'>['settings'];
  readonly #projections: Readonly<Record<BankSide, Projection>>;
  readonly #bank: MemoryBank;
  readonly #random: Random;
  /** log Z by the side whose embeddings meet the other side's bank; empty before the first step. */
  readonly #logZ: Partial<Record<BankSide, tf.Scalar>> = {};
  #steps: number;

  constructor({ settings, facts, state, random }: MethodOptions<'crd'>) {
    const { embeddings, images } = facts;
    const { length, bank } = settings;
    const project = (side: BankSide, from: number) =>
      new Projection(side, { from, to: length, weights: state.variables, random });
    // The table says that it needs embeddings and ids, so that lengths and number are known.
    this.#projections = {
      student: project('student', embeddings!.student),
      teacher: project('teacher', embeddings!.teacher),
    };
    this.variables = new Map([...this.#projections.student.variables, ...this.#projections.teacher.variables]);
    const rows = Math.min(bank, images!);
    this.#bank = new MemoryBank({ rows, length, state, random: random.fork('bank') });
    this.#settings = settings;
    this.#random = random.fork('negatives');
    this.#steps = typeof state.data.steps === 'number' ? state.data.steps : 0;
    const logZ = state.memory.get('logZ')?.values;
    if (logZ) this.#logZ = { student: tf.keep(tf.scalar(logZ[0]!)), teacher: tf.keep(tf.scalar(logZ[1]!)) };
  }

  compute({ embeddings, sampleIds }: MethodInputs): tf.Tensor1D {
    const images = sampleIds!;
    const draw = { batch: images.length, random: this.#random.fork(this.#steps++) };
    const negatives = this.#bank.draw(this.#settings.negatives, draw);
    const others = maskOfOthers(images, negatives.images);
    const student = normalizeRows(this.#projections.student.project(embeddings!.student));
    const teacher = normalizeRows(this.#projections.teacher.project(embeddings!.teacher));
    const own = tf.sum<tf.Tensor2D>(tf.mul(student, teacher), 1, true);
    const meet = (side: BankSide, anchors: tf.Tensor2D, remembered: tf.Tensor2D) => {
      const products = tf.matMul<tf.Tensor2D>(anchors, remembered, false, true);
      const offset = tf.add<tf.Scalar>(this.#estimate(side, products), Math.log(negatives.images.length));
      return tf.add<tf.Tensor1D>(this.#accept(own, offset), this.#reject(products, offset, others));
    };
    const loss = tf.add<tf.Tensor1D>(
      meet('student', student, negatives.teacher),
      meet('teacher', teacher, negatives.student),
    );
    this.#bank.add(images, { student, teacher });
    return loss;
  }

  async readState(): Promise<Pick<MethodState, 'memory' | 'data'>> {
    const { memory, data } = await this.#bank.readState();
    const { student, teacher } = this.#logZ;
    if (student && teacher) {
      const values = Float32Array.of((await student.data())[0]!, (await teacher.data())[0]!);
      memory.set('logZ', { shape: [2], values });
    }
    return { memory, data: { ...data, steps: this.#steps } };
  }

  dispose(): void {
    this.#projections.student.dispose();
    this.#projections.teacher.dispose();
    this.#bank.dispose();
    tf.dispose(Object.values(this.#logZ));
  }

  /** log Z of one side: of the first products that are seen, without a gradient. */
  #estimate(side: BankSide, products: tf.Tensor2D): tf.Scalar {
    const known = this.#logZ[side];
    if (known) return known;
    const estimate = tf.tidy(() => {
      const total = tf.logSumExp(tf.div(products, this.#settings.temperature));
      return tf.keep(tf.sub<tf.Scalar>(total, Math.log(products.size)));
    });
    this.#logZ[side] = estimate;
    return estimate;
  }

  /** -log h of products `[batch, 1]`, as `[batch]`. */
  #accept(products: tf.Tensor2D, offset: tf.Scalar): tf.Tensor1D {
    const { temperature } = this.#settings;
    return withKnownGradient(products, (x) => {
      const against = tf.sub(offset, tf.div(x, temperature));
      return {
        value: tf.reshape(tf.softplus(against), [x.shape[0]]),
        gradient: tf.div(tf.sigmoid(against), -temperature),
      };
    });
  }

  /** -log(1 - h) of products `[batch, negatives]` where `others` is 1, summed, as `[batch]`. */
  #reject(products: tf.Tensor2D, offset: tf.Scalar, others: tf.Tensor2D): tf.Tensor1D {
    const { temperature } = this.#settings;
    return withKnownGradient(products, (x) => {
      const towards = tf.sub(tf.div(x, temperature), offset);
      return {
        value: tf.sum<tf.Tensor1D>(tf.mul(tf.softplus(towards), others), 1),
        gradient: tf.div(tf.mul(tf.sigmoid(towards), others), temperature),
      };
    });
  }
}

/** 1 where two images are not the same, `[images, negatives]`. The caller disposes the result. */
function maskOfOthers(images: Int32Array, negatives: Int32Array): tf.Tensor2D {
  const mask = new Float32Array(images.length * negatives.length);
  for (let i = 0; i < images.length; i++) {
    for (let j = 0; j < negatives.length; j++) mask[i * negatives.length + j] = images[i] === negatives[j] ? 0 : 1;
  }
  return tf.tensor2d(mask, [images.length, negatives.length]);
}
