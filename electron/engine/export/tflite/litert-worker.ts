/**
 * A thread in which LiteRT works: TensorFlow Lite's runtime with XNNPACK, in WebAssembly. It is made for browsers, and
 * gets here, in globals of its own, what it needs of one. See open.ts.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import type { CompiledModel, Tensor as LiteRtTensor } from '@litertjs/core';
import type { Reply, Request } from './open.ts';

const port = parentPort!;
const require = createRequire(import.meta.url);

/** Runs a classic script as a browser's worker would; Emscripten's asks for what CommonJS gives. */
function importScripts(path: string): void {
  const wrapped = `(function (require, __filename, __dirname) {${readFileSync(path, 'utf8')}\nself.ModuleFactory ??= ModuleFactory;})`;
  runInThisContext(wrapped, { filename: path })(require, path, dirname(path));
}

Object.assign(globalThis, { self: globalThis, importScripts });
console.warn = () => undefined; // That there is no WebGPU is known.

const { loadLiteRt, loadAndCompile, Tensor } = await import('@litertjs/core');
await loadLiteRt(fileURLToPath(new URL('../wasm', import.meta.resolve('@litertjs/core'))));

let model: CompiledModel | undefined;
let shape: number[] = [];

port.on('message', (request: Request) => {
  answer(request).then(
    (reply) => port.postMessage(reply),
    (error: unknown) => port.postMessage({ problem: String(error instanceof Error ? error.message : error) }),
  );
});

async function answer(request: Request): Promise<Reply> {
  switch (request.what) {
    case 'load': {
      model = await loadAndCompile(request.bytes, { accelerator: 'wasm' });
      const [input] = model.getInputDetails();
      shape = Array.from(input?.shape ?? []);
      if (input?.dtype !== 'float32') throw new Error(`it takes ${input?.dtype}, not float32`);
      return { shape };
    }
    case 'run': {
      const { pixels, size } = request;
      const area = pixels.length / size;
      const logits: Float32Array[] = [];
      for (let i = 0; i < size; i++) {
        const image = makeImage(pixels.subarray(i * area, (i + 1) * area));
        logits.push(await classify(image));
        image.delete();
      }
      const outputs = logits[0]?.length ?? 0;
      const all = new Float32Array(size * outputs);
      for (const [i, row] of logits.entries()) all.set(row, i * outputs);
      return { logits: all };
    }
    case 'time': {
      const image = makeImage(request.pixels);
      const times: number[] = [];
      for (let round = -request.warmUp; round < request.runs; round++) {
        const start = performance.now();
        await classify(image);
        const elapsed = performance.now() - start;
        if (round >= 0) times.push(elapsed);
      }
      image.delete();
      return { times };
    }
    default:
      return request satisfies never;
  }
}

function makeImage(pixels: Uint8Array): LiteRtTensor {
  return Tensor.fromTypedArray(Float32Array.from(pixels), shape);
}

async function classify(image: LiteRtTensor): Promise<Float32Array> {
  const outputs = await model!.run(image);
  const values = outputs[0]!.toTypedArray();
  for (const output of outputs) output.delete();
  if (!(values instanceof Float32Array)) throw new Error('its output is not float32');
  return values.slice();
}
