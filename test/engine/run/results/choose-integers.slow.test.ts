import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import { exportRun } from '../../../../electron/engine/run/results/export-run.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-integers-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a student that integers cost anything at all trains with them, once for all formats, and again when it is exported later', async () => {
  const [home, dataset] = [join(folder, 'home'), join(folder, 'pictures')];
  await drawDataset(dataset, { classes: 3, trainPerClass: 20, testPerClass: 6, size: 32, seed: 1 });
  const recipe = recipeSchema.parse({
    data: { inputSize: 16, validation: 0.2 },
    teacher: { architecture: 'mobilenet-v3-small', width: 0.25 },
    student: { width: 0.2 },
    train: { batch: 16, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
    prune: { macs: null },
    measure: { latencyRuns: 10, ckaImages: 8 },
    // Beyond any threshold, so that it always trains.
    export: { formats: ['onnx', 'tflite'], precisions: ['int8'], quantizationAware: { epochs: 1, threshold: -1 } },
  });
  const events: RunEvent[] = [];
  const listener = (event: RunEvent) => void events.push(event);
  const signal = new AbortController().signal;
  const { run, exports } = await compress({
    home,
    dataset,
    recipe,
    resume: null,
    out: null,
    backend: 'simd',
    threads: 1,
    listener,
    signal,
  });
  const notes = () => events.flatMap((event) => (event.type === 'note.added' ? [event.message] : []));
  expect(notes().filter((note) => /the student trains with them for 1 epoch/.test(note))).toHaveLength(1);
  expect(notes().filter((note) => /Trained with 8-bit integers, it loses/.test(note))).toHaveLength(1);
  expect(exports.map(({ format, precision }) => [format, precision])).toEqual([
    ['onnx', 'int8'],
    ['tflite', 'int8'],
  ]);
  events.length = 0;
  const again = await exportRun({
    home,
    run,
    format: 'onnx',
    precision: 'int8',
    out: join(folder, 'again.onnx'),
    backend: 'simd',
    threads: 1,
    listener,
    signal,
  });
  expect(notes().filter((note) => /trains with them/.test(note))).toHaveLength(1);
  // The same images, teacher and student: the same file, bit by bit.
  expect(again.sha256).toBe(exports[0]!.sha256);
}, 300_000);
