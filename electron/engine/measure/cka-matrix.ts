import * as tf from '@tensorflow/tfjs-core';
import { InferenceNetwork, type Network, type Weights } from '../model/index.ts';
import type { LabelledBatch } from './evaluate.ts';
import { centeredGram } from './feature-matrix.ts';
import { MinibatchCka } from './minibatch-cka.ts';

export interface CkaValue {
  /** Name of the teacher's node. */
  teacher: string;
  /** Name of the student's node. */
  student: string;
  /** Null where a feature does not vary or no batch had 4 images. */
  value: number | null;
}

interface TappedModel {
  network: Network;
  weights: Weights;
}

/**
 * Linear CKA of pairs of feature maps of two networks over the same images, minibatch estimator. Maps are flattened to
 * `[batch, height · width · channels]`, as in Nguyen et al. 2021, so that *where* a feature answers counts too; both maps may
 * differ in size. Batches of fewer than 4 images are left out; 32 or more are advised. They have to be random draws from the
 * images: in batches of one class each, only likeness within a class would count. Leaves no tensors behind.
 *
 * @param pairs names of nodes `[teacher, student]`
 */
export async function ckaMatrix(options: {
  teacher: TappedModel;
  student: TappedModel;
  pairs: readonly (readonly [teacher: string, student: string])[];
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;
}): Promise<CkaValue[]> {
  const { pairs, batches } = options;
  const entries = pairs.map(([teacher, student]) => ({ teacher, student, cka: new MinibatchCka() }));
  const teacher = new GramTap(
    options.teacher,
    pairs.map((pair) => pair[0]),
  );
  try {
    const student = new GramTap(
      options.student,
      pairs.map((pair) => pair[1]),
    );
    try {
      for await (const batch of batches) {
        const teacherGrams = await teacher.read(batch);
        const studentGrams = await student.read(batch);
        for (const entry of entries) entry.cka.add(teacherGrams.get(entry.teacher)!, studentGrams.get(entry.student)!);
      }
    } finally {
      student.dispose();
    }
  } finally {
    teacher.dispose();
  }
  return entries.map((entry) => ({ teacher: entry.teacher, student: entry.student, value: entry.cka.value() }));
}

/** Gram matrices of chosen nodes of one network; holds the network's variables until disposed. */
class GramTap {
  readonly #network: InferenceNetwork;
  readonly #taps: readonly string[];

  constructor(model: TappedModel, taps: readonly string[]) {
    this.#taps = [...new Set(taps)];
    this.#network = new InferenceNetwork(model, this.#taps);
  }

  async read(batch: LabelledBatch): Promise<Map<string, Float64Array>> {
    const [height, width] = this.#network.network.inputSize;
    const features = tf.tidy(() => {
      const images = tf.tensor4d(batch.images, [batch.size, height, width, 3]);
      const { taps } = this.#network.forward(images, this.#taps);
      return this.#taps.map((name) => taps.get(name)!);
    });
    try {
      const grams = new Map<string, Float64Array>();
      for (const [i, feature] of features.entries()) {
        const values = await feature.data<'float32'>();
        grams.set(this.#taps[i]!, centeredGram({ rows: batch.size, columns: values.length / batch.size, values }));
      }
      return grams;
    } finally {
      tf.dispose(features);
    }
  }

  dispose(): void {
    this.#network.dispose();
  }
}
