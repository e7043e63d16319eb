import type { InferenceSession, TypedTensor } from 'onnxruntime-web';
import type { Accelerator } from '../../shared/run/phone-measurement.ts';
import { type Load, onlyPart } from './runtime.ts';

const MOST_THREADS = 4;

/** ONNX Runtime Web: its WebAssembly, with threads where the browser allows them, or its WebGPU, which suspends WebAssembly. */
export function loadOnnx(accelerator: Accelerator): Load {
  return async (parts, inputSize) => {
    const ort = await (accelerator === 'wasm' ? import('onnxruntime-web/wasm') : import('onnxruntime-web/jspi'));
    ort.env.wasm.wasmPaths = '/ort/';
    const threads = globalThis.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
    ort.env.wasm.numThreads = threads;
    const session: InferenceSession = await ort.InferenceSession.create(onlyPart(parts), {
      executionProviders: [accelerator],
    });
    const [input, output] = [session.inputNames[0]!, session.outputNames[0]!]; // Decant's files have one of each.
    return {
      version: ort.env.versions.web ?? 'unknown',
      threads,
      prepare: (pixels) => toPlanes(pixels, inputSize * inputSize),
      async run(image) {
        const tensor = new ort.Tensor('float32', image, [1, 3, inputSize, inputSize]);
        const results = await session.run({ [input]: tensor });
        return (results[output] as TypedTensor<'float32'>).data; // Its logits are floats.
      },
      close: () => session.release(),
    };
  };
}

/** `[height, width, 3]` bytes to `[3, height, width]` numbers. */
function toPlanes(pixels: Uint8Array, area: number): Float32Array<ArrayBuffer> {
  const planes = new Float32Array(3 * area);
  for (let i = 0; i < area; i++)
    for (let channel = 0; channel < 3; channel++) planes[channel * area + i] = pixels[3 * i + channel]!;
  return planes;
}
