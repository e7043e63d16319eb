import { describe, expect, it } from 'vitest';
import { PRESETS, presetRecipe } from '../../../shared/run/presets.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
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
      const work = (['quick', 'balanced', 'best'] as const).map((preset) => {
        const { data, train } = presetRecipe(preset, dataset);
        const epochs = train.teacherEpochs + train.warmUpEpochs + train.pruneEpochs + train.fineTuneEpochs;
        return epochs * Math.min(dataset.images, data.limit ?? dataset.images) * data.inputSize ** 2;
      });
      expect(work).toEqual([...work].sort((a, b) => a - b));
      expect(new Set(work).size).toBe(3);
    }
  });

  it('sees to it that few images are seen often', () => {
    expect(presetRecipe('balanced', photographs).train.teacherEpochs).toBe(30);
    expect(presetRecipe('balanced', icons).train.teacherEpochs).toBe(8);
  });

  it('learns from all images before the few labels are learned', () => {
    const few = { ...photographs, unlabelled: { images: 4280 } };
    const { pretrain, distill, train } = presetRecipe('few-labels', few);
    expect(pretrain).toMatchObject({ teacherEpochs: 80, studentEpochs: 40, student: 'embeddings' });
    expect(distill.unlabelled).toMatchObject({ weight: 1, share: 4 });
    expect(train.teacherEpochs).toBe(60);
    // Without a folder of such images it makes the most of those that there are.
    expect(presetRecipe('few-labels', photographs).pretrain.teacherEpochs).toBe(200);
    for (const preset of ['quick', 'balanced', 'best'] as const)
      expect(presetRecipe(preset, few).pretrain).toMatchObject({ teacherEpochs: 0, studentEpochs: 0 });
  });

  it('leaves out what chosen networks cannot do, without labels too', () => {
    const { teacher, student } = recipeSchema.parse({});
    const imported = presetRecipe('few-labels', photographs, { teacher: { ...teacher, weights: 'w' }, student });
    expect(imported.pretrain).toMatchObject({ teacherEpochs: 0, studentEpochs: 100, student: 'embeddings' });
    expect(imported.teacher.weights).toBe('w');
    const file = { ...teacher, onnx: { ...teacher.onnx, file: 't.onnx' } };
    expect(presetRecipe('few-labels', photographs, { teacher: file, student }).pretrain.teacherEpochs).toBe(0);
    const reusing = presetRecipe('few-labels', photographs, { teacher, student: { ...student, head: 'teacher' } });
    expect(reusing.pretrain.studentEpochs).toBe(0);
  });

  it('crops photographs freely and shifts small pictures', () => {
    expect(presetRecipe('balanced', photographs).data.augmentation.crop).toBe('resized');
    expect(presetRecipe('balanced', icons).data.augmentation.crop).toBe('pad');
  });
});
