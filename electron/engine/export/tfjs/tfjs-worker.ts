/**
 * A thread in which TensorFlow.js runs a graph model, apart from the engine's own TensorFlow.js and its tensors. See open.ts.
 */
import { workerData } from 'node:worker_threads';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { answerForRuntime } from '../runtime-thread.ts';
import { startInThread } from '../start-in-thread.ts';
import { readArchive } from './describe.ts';
import { INPUT, OUTPUT } from './graph.ts';

const { threads, plain } = workerData as { threads: number; plain: boolean }; // As open.ts passes them.
let model: GraphModel | undefined;
let shape: number[] = [];

const device = await startInThread(threads, { plain });

answerForRuntime({
  async load(bytes) {
    const { model: json, weights } = readArchive(bytes);
    const { weightsManifest, ...artifacts } = json as { weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] };
    model?.dispose();
    model = await loadGraphModel(
      tf.io.fromMemory({
        ...artifacts,
        weightSpecs: weightsManifest.flatMap((group) => group.weights),
        weightData: weights.slice().buffer,
      }),
    );
    shape = (model.inputs[0]?.shape ?? []).slice(1);
    return { shape: [1, ...shape], device };
  },
  async run(pixels, size) {
    const output = tf.tidy(() => {
      const images = tf.tensor(Float32Array.from(pixels), [size, ...shape]);
      return model!.execute({ [INPUT]: images }, OUTPUT) as tf.Tensor; // One name in, one tensor out.
    });
    try {
      return (await output.data<'float32'>()).slice();
    } finally {
      output.dispose();
    }
  },
});
