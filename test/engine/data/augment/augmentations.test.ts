import { describe, expect, test } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import type { AugmentationSettings } from '../../../../electron/engine/data/augment/augmentation.ts';
import { BATCH_AUGMENTATIONS, IMAGE_AUGMENTATIONS } from '../../../../electron/engine/data/augment/index.ts';
import { WorkingImage } from '../../../../electron/engine/data/augment/working-image.ts';
import type { Batch } from '../../../../electron/engine/data/batch.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';

const SIZE = 8;
const OFF = { crop: 'none', flip: false } as const;

function settingsOf(changes: Partial<AugmentationSettings>): AugmentationSettings {
  return recipeSchema.parse({ data: { augmentation: { ...OFF, ...changes } } }).data.augmentation;
}

function find(name: string) {
  return IMAGE_AUGMENTATIONS.find((augmentation) => augmentation.name === name)!;
}

/** Every pixel tells where it is from: red its row, green its column, blue 100. */
function makeMap(size = SIZE): WorkingImage {
  const image = new WorkingImage(size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) image.pixels.set([y + 1, x + 1, 100], (y * size + x) * 3);
  return image;
}

function augment(name: string, changes: Partial<AugmentationSettings>, seed: number, image = makeMap()): WorkingImage {
  find(name).apply(image, settingsOf(changes), new Random(seed));
  return image;
}

describe('the table', () => {
  test('is all off when all is off, and each is turned on by its own setting', () => {
    const isOn = (changes: Partial<AugmentationSettings>) =>
      [...IMAGE_AUGMENTATIONS, ...BATCH_AUGMENTATIONS]
        .filter((augmentation) => augmentation.isOn(settingsOf(changes)))
        .map((augmentation) => augmentation.name);
    expect(isOn({})).toEqual([]);
    expect(isOn({ crop: 'pad' })).toEqual(['pad-crop']);
    expect(isOn({ crop: 'resized' })).toEqual(['resized-crop']);
    expect(isOn({ flip: true })).toEqual(['flip']);
    expect(isOn({ colorJitter: 0.1 })).toEqual(['color-jitter']);
    expect(isOn({ hue: 0.1 })).toEqual(['color-jitter']);
    expect(isOn({ hue: 0.1, colorJitter: 0.1, jitterChance: 0 })).toEqual([]);
    expect(isOn({ grayscale: 0.1 })).toEqual(['grayscale']);
    expect(isOn({ blur: 0.1 })).toEqual(['blur']);
    expect(isOn({ erasing: 0.1 })).toEqual(['random-erasing']);
    expect(isOn({ mixup: 0.1, cutmix: 1 })).toEqual(['mixup', 'cutmix']);
  });

  test.each(IMAGE_AUGMENTATIONS)('$name depends on its generator alone', (augmentation) => {
    const settings = settingsOf({ crop: 'pad', colorJitter: 0.5, erasing: 1, grayscale: 0.5, blur: 0.5 });
    const run = (seed: number) => {
      const image = makeMap();
      augmentation.apply(image, settings, new Random(seed));
      return image.pixels;
    };
    expect(run(3)).toEqual(run(3));
    expect(Array.from({ length: 8 }, (_, seed) => run(seed).join())).toSatisfy(
      (all: string[]) => new Set(all).size > 1,
    );
  });
});

describe('pad-crop', () => {
  test('is a shift with black where nothing is, by up to an eighth, all shifts alike', () => {
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 900; seed++) {
      const { pixels } = augment('pad-crop', { crop: 'pad' }, seed);
      const [dy, dx] = [pixels[(3 * SIZE + 3) * 3]! - 4, pixels[(3 * SIZE + 3) * 3 + 1]! - 4];
      seen.set(`${dy} ${dx}`, (seen.get(`${dy} ${dx}`) ?? 0) + 1);
      for (let y = 0; y < SIZE; y++)
        for (let x = 0; x < SIZE; x++) {
          const inside = y + dy >= 0 && y + dy < SIZE && x + dx >= 0 && x + dx < SIZE;
          const at = (y * SIZE + x) * 3;
          expect([...pixels.subarray(at, at + 3)]).toEqual(inside ? [y + dy + 1, x + dx + 1, 100] : [0, 0, 0]);
        }
    }
    expect(seen.size).toBe(9);
    for (const count of seen.values()) expect(count).toBeGreaterThan(60);
  });

  test('a padding larger than the image may leave it black, never fails', () => {
    for (let seed = 0; seed < 50; seed++)
      expect(augment('pad-crop', { crop: 'pad', padding: 30 }, seed).pixels.every(Number.isFinite)).toBe(true);
  });
});

describe('resized-crop', () => {
  test('shows a part of at least the smallest area, with straight interpolation', () => {
    const size = 32;
    for (let seed = 0; seed < 200; seed++) {
      const { pixels } = augment('resized-crop', { crop: 'resized', minArea: 0.25 }, seed, makeMap(size));
      const at = (y: number, x: number, c: number) => pixels[(y * size + x) * 3 + c]!;
      const stepY = at(17, 16, 0) - at(16, 16, 0);
      const stepX = at(16, 17, 1) - at(16, 16, 1);
      expect(stepY * stepX).toBeGreaterThan(0.23);
      expect(stepY * stepX).toBeLessThan(1.02);
      expect(Math.max(stepY / stepX, stepX / stepY)).toBeLessThan(1.45);
      expect(at(16, 3, 0)).toBeCloseTo(at(16, 20, 0), 4);
      expect(at(5, 16, 2)).toBeCloseTo(100, 4);
      expect(Math.min(...pixels)).toBeGreaterThanOrEqual(1);
      expect(at(size - 1, 0, 0)).toBeLessThanOrEqual(size);
    }
  });

  test('of the whole area is the image itself', () => {
    const { pixels } = augment('resized-crop', { crop: 'resized', minArea: 1 }, 1);
    for (const [i, value] of makeMap().pixels.entries()) expect(pixels[i]).toBeCloseTo(value, 4);
  });
});

describe('flip', () => {
  test('mirrors every second time', () => {
    let mirrored = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const { pixels } = augment('flip', { flip: true }, seed);
      const turned = pixels[1] === SIZE;
      if (turned) mirrored++;
      for (let x = 0; x < SIZE; x++) expect(pixels[x * 3 + 1]).toBe(turned ? SIZE - x : x + 1);
      expect(pixels[0]).toBe(1);
    }
    expect(mirrored).toBeGreaterThan(430);
    expect(mirrored).toBeLessThan(570);
  });

  test('of an odd width keeps the middle', () => {
    for (let seed = 0; seed < 8; seed++)
      expect(augment('flip', { flip: true }, seed, makeMap(5)).pixels[2 * 3 + 1]).toBe(3);
  });
});

describe('color-jitter', () => {
  test('of a gray image moves brightness within its bounds and leaves it gray', () => {
    for (let seed = 0; seed < 100; seed++) {
      const image = new WorkingImage(2);
      image.pixels.fill(100);
      const { pixels } = augment('color-jitter', { colorJitter: 0.4 }, seed, image);
      expect(new Set(pixels.map((value) => Math.round(value * 100))).size).toBe(1);
      expect(pixels[0]).toBeGreaterThanOrEqual(60 - 1e-3);
      expect(pixels[0]).toBeLessThanOrEqual(140 + 1e-3);
    }
  });

  test('agrees with a plain computation', () => {
    const image = makeMap();
    for (const i of image.pixels.keys()) image.pixels[i] = (i * 29) % 256;
    const original = [...image.pixels];
    const random = new Random(5);
    const [brightness, contrast, saturation] = [0, 0, 0].map(() => random.uniform(0.5, 1.5)) as [
      number,
      number,
      number,
    ];
    const clamp = (value: number) => Math.min(255, Math.max(0, value));
    const gray = (i: number, of: number[]) => 0.299 * of[i]! + 0.587 * of[i + 1]! + 0.114 * of[i + 2]!;
    const bright = original.map((value) => clamp(value * brightness));
    let mean = 0;
    for (let i = 0; i < bright.length; i += 3) mean += gray(i, bright) / (bright.length / 3);
    const contrasted = bright.map((value) => clamp(mean + (value - mean) * contrast));
    const wanted = contrasted.map((value, i) => {
      const own = gray(i - (i % 3), contrasted);
      return clamp(own + (value - own) * saturation);
    });
    augment('color-jitter', { colorJitter: 0.5 }, 5, image);
    for (const [i, value] of image.pixels.entries()) expect(value).toBeCloseTo(wanted[i]!, 2);
  });
});

describe('hue', () => {
  /** Hue in degrees, saturation and value of the HSV model, by its definition. */
  function toHsv([r, g, b]: [number, number, number]): [number, number, number] {
    const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
    const range = most - least;
    const sixths =
      range === 0 ? 0 : most === r ? ((g - b) / range + 6) % 6 : most === g ? (b - r) / range + 2 : (r - g) / range + 4;
    return [60 * sixths, most === 0 ? 0 : range / most, most];
  }

  test('turns every pixel alike, by no more than it may, and leaves saturation and value', () => {
    const turns: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const image = new WorkingImage(4);
      const random = new Random(`colours ${seed}`);
      for (const i of image.pixels.keys()) image.pixels[i] = random.integer(256);
      const before = image.pixels.slice();
      const { pixels } = augment('color-jitter', { hue: 0.1 }, seed, image);
      const read = (from: Float32Array, i: number) => toHsv([from[i]!, from[i + 1]!, from[i + 2]!]);
      const turn = ((read(pixels, 0)[0] - read(before, 0)[0] + 540) % 360) - 180;
      turns.push(turn);
      for (let i = 0; i < pixels.length; i += 3) {
        const [hue, saturation, value] = read(pixels, i);
        const [hueBefore, saturationBefore, valueBefore] = read(before, i);
        expect(Math.abs(((hue - hueBefore - turn + 540) % 360) - 180)).toBeLessThan(0.05);
        expect(saturation).toBeCloseTo(saturationBefore, 4);
        expect(value).toBeCloseTo(valueBefore, 3);
      }
    }
    expect(Math.max(...turns.map(Math.abs))).toBeLessThanOrEqual(36.001);
    expect(Math.max(...turns)).toBeGreaterThan(25);
    expect(Math.min(...turns)).toBeLessThan(-25);
  });

  test('turned by a third, red is green or blue', () => {
    const image = new WorkingImage(1);
    const seed = Array.from({ length: 500 }, (_, i) => i).find(
      (i) => Math.abs(new Random(i).uniform(-0.5, 0.5) - 1 / 3) < 0.002,
    )!;
    image.pixels.set([200, 0, 0]);
    const { pixels } = augment('color-jitter', { hue: 0.5 }, seed, image);
    expect(pixels[1]).toBeCloseTo(200, 3);
    expect(pixels[0]! + pixels[2]!).toBeLessThan(3);
  });

  test('and jitter leave some images alone where they are told to', () => {
    const changed = Array.from({ length: 400 }, (_, seed) =>
      augment('color-jitter', { colorJitter: 0.4, hue: 0.1, jitterChance: 0.8 }, seed),
    ).filter(({ pixels }) => pixels.some((value, i) => value !== makeMap().pixels[i]));
    expect(changed.length).toBeGreaterThan(290);
    expect(changed.length).toBeLessThan(350);
  });
});

describe('grayscale', () => {
  test('leaves the luminance of BT.601, as often as it is told', () => {
    let gray = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { pixels } = augment('grayscale', { grayscale: 0.2 }, seed);
      const original = makeMap().pixels;
      if (pixels[2] === 100) continue;
      gray++;
      for (let i = 0; i < pixels.length; i += 3) {
        const wanted = 0.299 * original[i]! + 0.587 * original[i + 1]! + 0.114 * original[i + 2]!;
        for (let c = 0; c < 3; c++) expect(pixels[i + c]).toBeCloseTo(wanted, 3);
      }
    }
    expect(gray).toBeGreaterThan(50);
    expect(gray).toBeLessThan(110);
  });
});

describe('blur', () => {
  test('of one bright pixel is a Gaussian that keeps its sum, the same both ways', () => {
    const size = 41; // The window reaches 2 pixels.
    let blurred = 0;
    for (let seed = 0; seed < 60; seed++) {
      const image = new WorkingImage(size);
      image.pixels.set([200, 100, 50], (20 * size + 20) * 3);
      const { pixels } = augment('blur', { blur: 0.5 }, seed, image);
      const at = (y: number, x: number, c = 0) => pixels[(y * size + x) * 3 + c]!;
      if (at(20, 20) === 200) continue;
      blurred++;
      const deviation = new Random(seed);
      deviation.next();
      const sigma = deviation.uniform(0.1, 2);
      expect(at(21, 20) / at(20, 20)).toBeCloseTo(Math.exp(-1 / (2 * sigma ** 2)), 4);
      expect(at(22, 21) / at(20, 20)).toBeCloseTo(Math.exp(-5 / (2 * sigma ** 2)), 4);
      expect(at(20, 21)).toBeCloseTo(at(21, 20), 4);
      expect(at(23, 20)).toBe(0);
      for (const [c, sum] of [200, 100, 50].entries())
        expect(pixels.reduce((total, value, i) => (i % 3 === c ? total + value : total), 0)).toBeCloseTo(sum, 1);
    }
    expect(blurred).toBeGreaterThan(18);
    expect(blurred).toBeLessThan(42);
  });

  test('leaves an even image as it is, up to its edges', () => {
    const image = new WorkingImage(SIZE);
    image.pixels.fill(77);
    for (const value of augment('blur', { blur: 1 }, 1, image).pixels) expect(value).toBeCloseTo(77, 4);
  });
});

describe('random-erasing', () => {
  test('replaces one rectangle of lawful area, as often as it is told', () => {
    const size = 32;
    let erased = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { pixels } = augment('random-erasing', { erasing: 0.5 }, seed, makeMap(size));
      const original = makeMap(size).pixels;
      const rows = new Set<number>();
      const columns = new Set<number>();
      let changed = 0;
      for (let i = 0; i < pixels.length; i += 3) {
        if (pixels[i] === original[i] && pixels[i + 1] === original[i + 1] && pixels[i + 2] === original[i + 2])
          continue;
        rows.add(Math.floor(i / 3 / size));
        columns.add((i / 3) % size);
        changed++;
      }
      if (changed === 0) continue;
      erased++;
      expect(changed / (rows.size * columns.size)).toBeGreaterThan(0.95);
      expect(changed / size ** 2).toBeLessThan(0.4);
      expect(changed / size ** 2).toBeGreaterThan(0.01);
    }
    expect(erased).toBeGreaterThan(150);
    expect(erased).toBeLessThan(250);
  });
});

describe('mixing', () => {
  const classes = 4;
  const imageSize = 8;
  /** Image of row r is r + 1 everywhere, its class r. */
  function makeBatch(): Batch {
    const size = classes;
    const values = imageSize * imageSize * 3;
    return {
      images: Float32Array.from({ length: size * values }, (_, i) => Math.floor(i / values) + 1),
      targets: Float32Array.from({ length: size * classes }, (_, i) =>
        Math.floor(i / classes) === i % classes ? 1 : 0,
      ),
      labels: Int32Array.from({ length: size }, (_, row) => row),
      indices: Int32Array.from({ length: size }, (_, row) => row),
      size,
    };
  }

  function mix(changes: Partial<AugmentationSettings>, seed: number): Batch {
    const batch = makeBatch();
    const settings = settingsOf(changes);
    for (const augmentation of BATCH_AUGMENTATIONS)
      if (augmentation.isOn(settings)) augmentation.apply({ batch, classes, imageSize }, settings, new Random(seed));
    return batch;
  }

  /** Mean of the image; with images that are constant by class, it is what the target says it is. */
  function expectPixelsToAgreeWithTargets(batch: Batch): void {
    const values = imageSize * imageSize * 3;
    for (let row = 0; row < batch.size; row++) {
      const target = [...batch.targets.subarray(row * classes, (row + 1) * classes)];
      expect(target.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
      const mean = batch.images.subarray(row * values, (row + 1) * values).reduce((sum, v) => sum + v, 0) / values;
      expect(mean).toBeCloseTo(
        target.reduce((sum, share, c) => sum + share * (c + 1), 0),
        4,
      );
      expect(target[batch.labels[row]!]).toBeGreaterThanOrEqual(0.5 - 1e-6);
    }
  }

  test.each(['mixup', 'cutmix'] as const)('%s mixes pixels and targets alike', (name) => {
    let mixed = 0;
    for (let seed = 0; seed < 100; seed++) {
      const batch = mix({ [name]: 1 }, seed);
      expectPixelsToAgreeWithTargets(batch);
      if (batch.targets.some((share) => share > 0.01 && share < 0.99)) mixed++;
    }
    expect(mixed).toBeGreaterThan(70);
  });

  test('mixup blends whole images, cutmix pastes rectangles', () => {
    const values = imageSize * imageSize * 3;
    for (let seed = 0; seed < 20; seed++) {
      const blended = mix({ mixup: 1 }, seed).images.subarray(0, values);
      expect(new Set(blended).size).toBe(1);
      const pasted = mix({ cutmix: 1 }, seed).images.subarray(0, values);
      expect(new Set(pasted).size).toBeLessThanOrEqual(2);
      expect([...pasted].every((value) => Number.isInteger(value))).toBe(true);
    }
  });

  test('both take turns', () => {
    const pasted = Array.from({ length: 60 }, (_, seed) => mix({ mixup: 1, cutmix: 1 }, seed)).filter((batch) =>
      batch.images.every((value) => Number.isInteger(value)),
    );
    expect(pasted.length).toBeGreaterThan(15);
    expect(pasted.length).toBeLessThan(45);
  });
});
