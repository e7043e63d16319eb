import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import { drawDataset } from '../../../../electron/engine/data/draw/draw-dataset.ts';
import { drawPicture } from '../../../../electron/engine/data/draw/draw-picture.ts';
import { DRAWN_CLASSES } from '../../../../electron/engine/data/draw/drawn-classes.ts';
import { openDataset } from '../../../../electron/engine/data/open-dataset.ts';
import { makeFolder } from '../make-images.ts';

const SETTINGS = { classes: 4, trainPerClass: 5, testPerClass: 2, size: 16, seed: 3 };

describe('a drawn dataset', () => {
  test('has its classes and counts, and the same settings draw the same bytes', async () => {
    const [first, second] = [join(makeFolder(), 'a'), join(makeFolder(), 'b')];
    await drawDataset(first, SETTINGS);
    await drawDataset(second, SETTINGS);
    const dataset = await openDataset(first);
    expect(dataset.classes).toHaveLength(4);
    expect(dataset.images.map(({ split }) => split)).toEqual([...Array(20).fill('train'), ...Array(8).fill('test')]);
    expect(await dataset.fingerprint()).toBe(await (await openDataset(second)).fingerprint());
    const contents = dataset.images.map(({ path }) => readFileSync(join(first, path), 'base64'));
    expect(new Set(contents).size).toBe(28);
    expect(await sharp(join(first, dataset.images[0]!.path)).metadata()).toMatchObject({
      width: 16,
      height: 16,
      channels: 3,
    });
  });

  test('is kept when it is there already, and nothing else is overwritten', async () => {
    const folder = join(makeFolder(), 'a');
    await drawDataset(folder, SETTINGS);
    let drawn = 0;
    await drawDataset(folder, { ...SETTINGS, listener: () => drawn++ });
    expect(drawn).toBe(0);
    await expect(drawDataset(folder, { ...SETTINGS, seed: 4 })).rejects.toMatchObject({ code: 'output.unwritable' });
    const full = makeFolder();
    await writeFile(join(full, 'diary.txt'), 'dear diary');
    await expect(drawDataset(full, SETTINGS)).rejects.toMatchObject({ code: 'output.unwritable' });
    expect(readdirSync(full)).toEqual(['diary.txt']);
  });

  test('clears up what a killed process left of it', async () => {
    const folder = makeFolder();
    await mkdir(join(folder, '.a.drawing-2147483647', 'train'), { recursive: true });
    await mkdir(join(folder, `.a.drawing-${process.ppid}`));
    await drawDataset(join(folder, 'a'), SETTINGS);
    expect(readdirSync(folder).sort()).toEqual([`.a.drawing-${process.ppid}`, 'a']);
  });

  test('appears whole or not at all', async () => {
    const parent = makeFolder();
    const stopper = new AbortController();
    const listener = () => stopper.abort(new Error('enough'));
    const drawing = drawDataset(join(parent, 'a'), { ...SETTINGS, listener, signal: stopper.signal });
    await expect(drawing).rejects.toThrow('enough');
    expect(readdirSync(parent)).toEqual([]);
    await expect(drawDataset(join(parent, 'a'), { ...SETTINGS, classes: 25 })).rejects.toThrow(/from 2 to 24/);
  });
});

describe('classes', () => {
  test('have names of their own and, from ten on, neighbours that differ in one cue alone', () => {
    expect(new Set(DRAWN_CLASSES.map(({ name }) => name)).size).toBe(DRAWN_CLASSES.length);
    const cues = ['shape', 'texture', 'relation'] as const;
    for (let count = 10; count <= DRAWN_CLASSES.length; count++) {
      const classes = DRAWN_CLASSES.slice(0, count);
      for (const cue of cues) {
        const others = cues.filter((other) => other !== cue);
        const toldByIt = classes.filter((a) =>
          classes.some((b) => a[cue] !== b[cue] && others.every((other) => a[other] === b[other])),
        );
        expect(toldByIt.length).toBeGreaterThanOrEqual(0.6 * count);
      }
    }
  });

  test('are not told apart by simple means: pixels with a linear model, colour histograms, brightness', () => {
    const size = 32;
    const classes = DRAWN_CLASSES.slice(0, 10);
    const draw = (split: string, count: number) =>
      classes.flatMap((drawnClass, label) =>
        Array.from({ length: count }, (_, i) => ({
          label,
          pixels: drawPicture(drawnClass, size, new Random(1).fork(split, drawnClass.name, i)),
        })),
      );
    const [training, testing] = [draw('train', 40), draw('test', 20)];
    const features = {
      pixels: (pixels: Uint8Array) => halve(pixels, size),
      histogram: makeHistogram,
    };
    for (const [name, feature] of Object.entries(features)) {
      const accuracy = classifyByRidge(
        training.map(({ label, pixels }) => ({ label, x: feature(pixels) })),
        testing.map(({ label, pixels }) => ({ label, x: feature(pixels) })),
        classes.length,
      );
      expect(accuracy, `${name} with a linear model`).toBeLessThan(0.4);
    }
  });
});

/** Means of 2 x 2 pixels, about -0.5 to 0.5. */
function halve(pixels: Uint8Array, size: number): Float64Array {
  const half = size / 2;
  const means = new Float64Array(half * half * 3).fill(-0.5);
  for (const [i, value] of pixels.entries()) {
    const [y, x] = [Math.floor(i / 3 / size), Math.floor(i / 3) % size];
    means[((y >> 1) * half + (x >> 1)) * 3 + (i % 3)]! += value / 1020;
  }
  return means;
}

/** Shares of pixels in 4 x 4 x 4 colours. */
function makeHistogram(pixels: Uint8Array): Float64Array {
  const histogram = new Float64Array(64);
  for (let i = 0; i < pixels.length; i += 3)
    histogram[(pixels[i]! >> 6) * 16 + (pixels[i + 1]! >> 6) * 4 + (pixels[i + 2]! >> 6)]! += 3 / pixels.length;
  return histogram;
}

interface Example {
  label: number;
  x: Float64Array;
}

/** Top-1 of a linear model fitted by kernel ridge regression onto one-hot labels (conjugate gradients), the best of three strengths. */
function classifyByRidge(training: Example[], testing: Example[], classes: number): number {
  const gram = training.map((a) => Float64Array.from(training, (b) => dot(a.x, b.x)));
  const scale = gram.reduce((sum, row, i) => sum + row[i]!, 0) / gram.length;
  const cross = testing.map((a) => Float64Array.from(training, (b) => dot(a.x, b.x)));
  let best = 0;
  for (const strength of [1e-3, 1e-1, 1]) {
    const weights = Array.from({ length: classes }, (_, c) =>
      solve(
        gram,
        strength * scale,
        Float64Array.from(training, ({ label }) => (label === c ? 1 : 0)),
      ),
    );
    const hits = testing.filter(({ label }, i) => {
      const scores = weights.map((weight) => dot(cross[i]!, weight) - 1);
      return scores.indexOf(Math.max(...scores)) === label;
    });
    best = Math.max(best, hits.length / testing.length);
  }
  return best;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 1; // The bias.
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Solves `(matrix + ridge I) x = target` by conjugate gradients. */
function solve(matrix: Float64Array[], ridge: number, target: Float64Array): Float64Array {
  const x = new Float64Array(target.length);
  const residual = target.slice();
  let direction = residual.slice();
  let norm = residual.reduce((sum, value) => sum + value * value, 0);
  for (let step = 0; step < 60 && norm > 1e-10; step++) {
    const image = Float64Array.from(matrix, (row, i) => {
      let sum = ridge * direction[i]!;
      for (let j = 0; j < row.length; j++) sum += row[j]! * direction[j]!;
      return sum;
    });
    const length = norm / image.reduce((sum, value, i) => sum + value * direction[i]!, 0);
    for (let i = 0; i < x.length; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * image[i]!;
    }
    const next = residual.reduce((sum, value) => sum + value * value, 0);
    direction = residual.map((value, i) => value + (next / norm) * direction[i]!);
    norm = next;
  }
  return x;
}
