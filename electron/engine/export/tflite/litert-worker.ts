/**
 * A thread in which LiteRT works: TensorFlow Lite's runtime with XNNPACK, in WebAssembly. It is made for browsers, and
 * gets here, in globals of its own, what it needs of one. See open.ts.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import type { CompiledModel } from '@litertjs/core';
import { DecantError } from '../../core/errors.ts';
import { answerForRuntime } from '../runtime-thread.ts';
import { takeFloats } from './take-floats.ts';

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

answerForRuntime({
  async load(bytes) {
    model?.delete();
    model = await loadAndCompile(takeFloats(bytes), { accelerator: 'wasm' });
    const [input] = model.getInputDetails();
    if (input?.dtype !== 'float32')
      throw new DecantError('model.unreadable', `it takes ${input?.dtype ?? 'nothing'}, not float32`);
    shape = Array.from(input.shape);
    return { shape, device: 'XNNPACK in WebAssembly, 1 thread' };
  },
  async run(pixels, size) {
    const area = pixels.length / size;
    const rows: Float32Array[] = [];
    for (let i = 0; i < size; i++) rows.push(await classify(pixels.subarray(i * area, (i + 1) * area)));
    const logits = new Float32Array(size * (rows[0]?.length ?? 0));
    for (const [i, row] of rows.entries()) logits.set(row, i * row.length);
    return logits;
  },
});

async function classify(pixels: Uint8Array): Promise<Float32Array> {
  const image = Tensor.fromTypedArray(Float32Array.from(pixels), shape);
  const outputs = await model!.run(image);
  const values = outputs[0]!.toTypedArray();
  for (const tensor of [image, ...outputs]) tensor.delete();
  if (!(values instanceof Float32Array)) throw new DecantError('model.unreadable', 'its output is not float32');
  return values.slice();
}
