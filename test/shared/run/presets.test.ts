import { describe, expect, it } from 'vitest';
import { PRESETS, presetRecipe } from '../../../shared/run/presets.ts';
import { listContradictions } from '../../../shared/run/recipe-contradictions.ts';

const photographs = { images: 720, sizes: [{ from: 192, to: 256, images: 720 }] };
const icons = { images: 50_000, sizes: [{ from: 32, to: 48, images: 50_000 }] };
const empty = { images: 0, sizes: [] };

describe('presetRecipe', () => {
  it('gives sound recipes for datasets of every kind', () => {
    for (const preset of PRESETS)
      for (const dataset of [photographs, icons, empty])
        expect(listContradictions(presetRecipe(preset, dataset))).toEqual([]);
  });

  it('never asks for more pixels than most images have', () => {
    for (const preset of PRESETS) {
      expect(presetRecipe(preset, icons).data.inputSize).toBe(32);
      expect(presetRecipe(preset, photographs).data.inputSize).toBeLessThanOrEqual(192);
    }
  });

  it('spends more on the better preset', () => {
    for (const dataset of [photographs, icons]) {
      const work = PRESETS.map((preset) => {
        const { data, train } = presetRecipe(preset, dataset);
        const epochs = train.teacherEpochs + train.warmUpEpochs + train.pruneEpochs + train.fineTuneEpochs;
        return epochs * Math.min(dataset.images, data.limit ?? dataset.images) * data.inputSize ** 2;
      });
      expect(work).toEqual([...work].sort((a, b) => a - b));
      expect(new Set(work).size).toBe(PRESETS.length);
    }
  });

  it('sees to it that few images are seen often', () => {
    expect(presetRecipe('balanced', photographs).train.teacherEpochs).toBe(30);
    expect(presetRecipe('balanced', icons).train.teacherEpochs).toBe(8);
  });

  it('crops photographs freely and shifts small pictures', () => {
    expect(presetRecipe('balanced', photographs).data.augmentation.crop).toBe('resized');
    expect(presetRecipe('balanced', icons).data.augmentation.crop).toBe('pad');
  });
});
