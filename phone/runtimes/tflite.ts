import type { Accelerator } from '../../shared/run/phone-measurement.ts';
import { type Load, onlyPart } from './runtime.ts';

/** What is loaded at present: there is room for one. */
let loaded: Accelerator | null = null;

/** LiteRT: XNNPACK in WebAssembly, 1 thread, or its WebGPU delegate. */
export function loadTflite(accelerator: Accelerator): Load {
  return async (parts, inputSize) => {
    const litert = await import('@litertjs/core');
    if (loaded !== accelerator) {
      if (loaded !== null) litert.unloadLiteRt();
      loaded = null;
      await litert.loadLiteRt('/litert/', { jspi: accelerator === 'webgpu' });
      loaded = accelerator;
    }
    const model = await litert.loadAndCompile(onlyPart(parts), { accelerator });
    return {
      version: __LITERT_VERSION__,
      threads: 1,
      prepare: (pixels) => Float32Array.from(pixels),
      async run(image) {
        const input = litert.Tensor.fromTypedArray(image, [1, inputSize, inputSize, 3]);
        const outputs = await model.run(input);
        const values = await outputs[0]!.data();
        const logits = Float32Array.from(values as Float32Array); // Decant's files give floats.
        for (const tensor of [input, ...outputs]) tensor.delete();
        return logits;
      },
      close: () => model.delete(),
    };
  };
}
