import type { Accelerator, PhoneAnswer, PhoneTask } from '../shared/run/phone-measurement.ts';
import { loadOnnx } from './runtimes/onnx.ts';
import type { Load, Parts } from './runtimes/runtime.ts';
import { loadTfjs } from './runtimes/tfjs.ts';
import { loadTflite } from './runtimes/tflite.ts';
import { timeRuns } from './time-runs.ts';

type Result = PhoneAnswer['results'][number];

/** What runs a format's files. */
const RUNTIMES: Readonly<Record<string, (accelerator: Accelerator) => Load>> = {
  onnx: loadOnnx,
  tflite: loadTflite,
  tfjs: loadTfjs,
};
/** After so many images the page is drawn. */
const DRAWN_EVERY = 16;

/**
 * Times a file on one image, and classifies all of them.
 *
 * @param images `[images, size, size, 3]`, RGB 0..255
 * @param onStep told what is done now, in words
 * @throws what the runtime says where it cannot
 */
export async function measureFile(options: {
  task: PhoneTask;
  file: PhoneTask['files'][number];
  parts: Parts;
  images: Uint8Array;
  accelerator: Accelerator;
  onStep(text: string): void;
}): Promise<Omit<Result, 'file' | 'accelerator'>> {
  const { task, file, parts, images, accelerator, onStep } = options;
  const load = RUNTIMES[file.format];
  if (!load) throw new Error(`This page runs no ${file.format} files.`);
  onStep('loading');
  const model = await load(accelerator)(parts, task.inputSize);
  try {
    const imageBytes = task.inputSize ** 2 * 3;
    const prepare = (index: number) => model.prepare(images.subarray(index * imageBytes, (index + 1) * imageBytes));
    onStep('timing');
    await drawPage();
    const first = prepare(0);
    const timings = await timeRuns(() => model.run(first), task.timing);
    const guesses: number[] = [];
    for (let i = 0; i < task.images; i++) {
      guesses.push(findBest(await model.run(prepare(i))));
      if (i % DRAWN_EVERY > 0) continue;
      onStep(`classifying, ${i + 1} of ${task.images}`);
      await drawPage();
    }
    return { version: model.version, threads: model.threads, ...timings, guesses };
  } finally {
    await model.close();
  }
}

/** Index of the largest, the first of equal ones. */
function findBest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Lets the browser draw, which inference keeps it from. */
function drawPage(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
