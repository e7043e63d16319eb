import type { Tensor } from '@tensorflow/tfjs-core';
import type { Accelerator } from '../../shared/run/phone-measurement.ts';
import type { Load } from './runtime.ts';

/** What Decant's graphs call their image and their logits. */
const INPUT = 'image';
const OUTPUT = 'logits';

/** TensorFlow.js: its WebAssembly back end with SIMD, 1 thread, or its WebGPU back end. */
export function loadTfjs(accelerator: Accelerator): Load {
  return async (parts, inputSize) => {
    const tf = await import('@tensorflow/tfjs-core');
    const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
    if (accelerator === 'wasm') {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      // Its threads start from inline scripts, which the page's policy forbids.
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      setWasmPaths('/tfjs/');
    } else await import('@tensorflow/tfjs-backend-webgpu');
    if (!(await tf.setBackend(accelerator))) throw new Error(`TensorFlow.js has no ${accelerator} here.`);
    await tf.ready();
    const { weightsManifest, ...artifacts } = JSON.parse(new TextDecoder().decode(parts.get('model.json'))) as {
      weightsManifest: { weights: [] }[];
    }; // As Decant wrote it.
    const model = await loadGraphModel(
      tf.io.fromMemory({
        ...artifacts,
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: parts.get('weights.bin')!.buffer,
      }),
    );
    return {
      version: tf.version_core,
      threads: 1,
      prepare: (pixels) => Float32Array.from(pixels),
      async run(image) {
        const output = tf.tidy(() => {
          const images = tf.tensor(image, [1, inputSize, inputSize, 3]);
          return model.execute({ [INPUT]: images }, OUTPUT) as Tensor; // One name in, one tensor out.
        });
        try {
          return (await output.data<'float32'>()).slice();
        } finally {
          output.dispose();
        }
      },
      close: () => model.dispose(),
    };
  };
}
