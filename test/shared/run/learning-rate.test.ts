import { describe, expect, it } from 'vitest';
import { explainLearningRate, resolveLearningRate } from '../../../shared/run/learning-rate.ts';
import { CHOSEN_RATES, type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';
import { readStored, writeStored } from '../../../shared/stored/form.ts';
import { RECIPE_FORM } from '../../../shared/stored/recipe-form.ts';

const { scratch, imported } = CHOSEN_RATES.sgd;
const weights = 'weights.safetensors';
const rates = (input: PartialRecipe) => {
  const recipe = recipeSchema.parse(input);
  return [resolveLearningRate(recipe, 'teacher'), resolveLearningRate(recipe, 'student')];
};
const explain = (input: PartialRecipe) => explainLearningRate(recipeSchema.parse(input));

describe('the learning rate that is chosen', () => {
  it('is gentler for the network that starts from imported weights, wherever they are from', () => {
    expect(imported).toBeLessThan(scratch);
    expect(rates({})).toEqual([scratch, scratch]);
    expect(rates({ teacher: { weights } })).toEqual([imported, scratch]);
    expect(rates({ student: { weights: 'run:1' } })).toEqual([scratch, imported]);
    expect(rates({ teacher: { weights: 'catalogue:a' }, student: { weights } })).toEqual([imported, imported]);
  });

  it('gives way to the number of a recipe, also of one that was stored when 0.2 was the default', () => {
    const optimizer = { learningRate: 0.2 };
    const old = { teacher: { weights }, student: { weights }, train: { optimizer } };
    expect(rates(old)).toEqual([0.2, 0.2]);
    const stored = readStored(RECIPE_FORM, JSON.parse(JSON.stringify({ version: 2, ...recipeSchema.parse(old) })));
    expect(stored.ok && resolveLearningRate(stored.value, 'student')).toBe(0.2);
  });

  it('is far lower for AdamW, whose steps do not shrink with the gradients', () => {
    const { adamw } = CHOSEN_RATES;
    const train = { optimizer: { name: 'adamw' } } as const;
    expect(adamw.scratch).toBeLessThan(scratch / 10);
    expect(rates({ train, teacher: { weights } })).toEqual([adamw.imported, adamw.scratch]);
    expect(explain({ train })).toBe(`${adamw.scratch}, to train from scratch`);
  });

  it('is still to be chosen after a recipe was stored', () => {
    const stored = readStored(
      RECIPE_FORM,
      JSON.parse(JSON.stringify(writeStored(RECIPE_FORM, recipeSchema.parse({})))),
    );
    expect(stored.ok && stored.value.train.optimizer.learningRate).toBeNull();
  });
});

describe('what is said of it', () => {
  it('is the number and why it was chosen', () => {
    expect(explain({})).toBe(`${scratch}, to train from scratch`);
    expect(explain({ teacher: { weights }, student: { weights } })).toBe(`${imported}, since the weights are imported`);
    expect(explain({ teacher: { weights } })).toBe(
      `${imported} for the teacher, whose weights are imported, and ${scratch} for the student`,
    );
    expect(explain({ student: { weights } })).toBe(
      `${imported} for the student, whose weights are imported, and ${scratch} for the teacher`,
    );
    expect(explain({ teacher: { weights }, train: { optimizer: { learningRate: 0.3 } } })).toBe('0.3');
  });

  it('is of networks that are trained alone', () => {
    expect(explain({ teacher: { weights }, train: { teacherEpochs: 0 } })).toBe(`${scratch}, to train from scratch`);
    expect(
      explain({
        teacher: { onnx: { file: 'a.onnx' } },
        student: { weights },
        train: { teacherEpochs: 0 },
      }),
    ).toBe(`${imported}, since the weights are imported`);
  });
});
