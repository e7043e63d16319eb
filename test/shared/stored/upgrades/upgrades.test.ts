import { describe, expect, it } from 'vitest';
import { resolveClipNorm } from '../../../../shared/run/clip-norm.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { readStored } from '../../../../shared/stored/form.ts';
import { RECIPE_FORM } from '../../../../shared/stored/recipe-form.ts';
import { upgradeCheckpointTo2 } from '../../../../shared/stored/upgrades/checkpoint-2.ts';
import { upgradeRecipeTo2 } from '../../../../shared/stored/upgrades/recipe-2.ts';
import { upgradeRecipeTo3 } from '../../../../shared/stored/upgrades/recipe-3.ts';
import { upgradeRecipeTo4 } from '../../../../shared/stored/upgrades/recipe-4.ts';
import { upgradeReportTo2 } from '../../../../shared/stored/upgrades/report-2.ts';
import { upgradeReportTo3 } from '../../../../shared/stored/upgrades/report-3.ts';
import { upgradeReportTo4 } from '../../../../shared/stored/upgrades/report-4.ts';
import { upgradeStepPointTo2 } from '../../../../shared/stored/upgrades/step-point-2.ts';

/** What distillation was by default in version 1. */
const DISTILL_1 = {
  crossEntropy: 0.5,
  logits: 0.5,
  temperature: 4,
  features: 0.5,
  featureScale: 'relative',
  attention: 0,
  attentionPower: 2,
  pairs: null,
  levels: 3,
  schedule: 'constant',
};

describe('recipes of version 1', () => {
  it('as they were by default keep their methods and weights', () => {
    const read = readStored(RECIPE_FORM, { distill: DISTILL_1 });
    const value = recipeSchema.parse({
      distill: {
        crossEntropy: { weight: 0.5 },
        logits: { weight: 0.5 },
        features: { weight: 0.5 },
        reviewkd: { weight: 0 },
      },
    });
    expect(read).toEqual({ ok: true, value });
  });

  it('ramp from the labels to the teacher over half of the epochs, each method by itself', () => {
    const { distill } = upgradeRecipeTo2({
      seed: 3,
      distill: { ...DISTILL_1, schedule: 'linear-ramp', pairs: [['a', 'b']] },
    });
    expect(distill).toEqual({
      crossEntropy: { weight: 0.5, schedule: { shape: 'linear', from: 1, to: 0, until: 0.5 } },
      logits: { weight: 0.5, temperature: 4, schedule: { shape: 'linear', from: 0, to: 1, until: 0.5 } },
      features: { weight: 0.5, scale: 'relative', schedule: { shape: 'linear', from: 0, to: 1, until: 0.5 } },
      attention: { weight: 0, power: 2, schedule: { shape: 'linear', from: 0, to: 1, until: 0.5 } },
      pairs: [['a', 'b']],
      levels: 3,
    });
  });

  it('may have any part left out, and what is of version 2 already stays', () => {
    expect(upgradeRecipeTo2({ prune: { macs: 0.5 } })).toEqual({ prune: { macs: 0.5 } });
    expect(upgradeRecipeTo2({ distill: { temperature: 2 } })).toEqual({ distill: { logits: { temperature: 2 } } });
    const recipe = { distill: { logits: { weight: 1 }, levels: 2 } };
    expect(upgradeRecipeTo2(recipe)).toEqual(recipe);
  });

  it.each([{ distill: 7 }, { distill: null }, { distill: { logits: 'much', schedule: 9 } }])(
    'that make no sense are left for the schema to refuse: %j',
    (recipe) => {
      expect(readStored(RECIPE_FORM, recipe)).toMatchObject({ ok: false, why: 'invalid' });
    },
  );
});

describe('recipes of version 2', () => {
  it('that left gradients as they are still do, also beside methods for which Decant would clip them now', () => {
    const train = { optimizer: { clipNorm: null } };
    const read = readStored(RECIPE_FORM, { version: 2, train, distill: { dkd: { weight: 1 } } });
    expect(read.ok && read.value.train.optimizer.clipNorm).toBe(0);
    expect(read.ok && resolveClipNorm(read.value.train.optimizer, read.value.distill)).toBeNull();
    expect(upgradeReportTo3({ run: 'x', recipe: { train } })).toEqual({
      run: 'x',
      recipe: { train: { optimizer: { clipNorm: 0 } } },
    });
  });

  it.each([{}, { train: 7 }, { train: { optimizer: null } }, { train: { optimizer: { clipNorm: 2 } } }])(
    'that name a norm or none stay as they are: %j',
    (recipe) => {
      expect(upgradeRecipeTo3(recipe)).toEqual(recipe);
      expect(upgradeReportTo3({ recipe })).toEqual({ recipe });
    },
  );
});

describe('recipes of version 3', () => {
  const stored = {
    crossEntropy: { weight: 0.5 },
    logits: { weight: 0.5 },
    features: { weight: 0.5 },
    attention: { weight: 0 },
  };

  it('that were stored whole without knowledge review do without it', () => {
    const upgraded = { distill: { ...stored, reviewkd: { weight: 0 } } };
    expect(upgradeRecipeTo4({ distill: stored })).toEqual(upgraded);
    expect(upgradeReportTo4({ run: 'x', recipe: { distill: stored } })).toEqual({ run: 'x', recipe: upgraded });
    const read = readStored(RECIPE_FORM, { version: 3, distill: stored });
    expect(read.ok && resolveClipNorm(read.value.train.optimizer, read.value.distill)).toBeNull();
  });

  it.each([
    {},
    { distill: 7 },
    { distill: { features: { weight: 1 } } },
    { distill: { ...stored, reviewkd: { weight: 2 } } },
  ])('that people wrote in part, or that know it, stay as they are: %j', (recipe) => {
    expect(upgradeRecipeTo4(recipe)).toEqual(recipe);
    expect(upgradeReportTo4({ recipe })).toEqual({ recipe });
  });
});

it('a report of version 1 gets its recipe brought up to date', () => {
  expect(upgradeReportTo2({ run: 'x', recipe: { distill: { logits: 1 } } })).toEqual({
    run: 'x',
    recipe: { distill: { logits: { weight: 1 } } },
  });
  expect(upgradeReportTo2({ recipe: null })).toEqual({ recipe: null });
});

it('a point of version 1 tells its factors from alpha', () => {
  const terms = { crossEntropy: 1, logits: 2 };
  expect(upgradeStepPointTo2({ step: 1, terms, alpha: 0.25 })).toEqual({
    step: 1,
    terms,
    factors: { crossEntropy: 0.75, logits: 0.25 },
  });
  expect(upgradeStepPointTo2({ terms, alpha: null })).toEqual({ terms, factors: {} });
});

describe('checkpoints of version 1', () => {
  const tensor = (name: string, place: number) => ({ name, shape: [2], place });

  it('have the adapters as what the method features has of its own', () => {
    const upgraded = upgradeCheckpointTo2({
      data: { step: 3 },
      tensors: {
        weights: [tensor('stem/weight', 0)],
        adapters: [tensor('s~t/weight', 1)],
        'slot:momentum': [tensor('stem/weight', 2), tensor('s~t/weight', 3)],
        best: [tensor('stem/weight', 4)],
      },
    });
    expect(upgraded).toEqual({
      data: { step: 3, methods: { features: {} } },
      tensors: {
        weights: [tensor('stem/weight', 0)],
        'slot:momentum': [tensor('stem/weight', 2), tensor('distill.features/s~t/weight', 3)],
        best: [tensor('stem/weight', 4)],
        'method:features': [tensor('s~t/weight', 1)],
        'memory:features': [],
      },
    });
  });

  it('without adapters have no method with anything of its own', () => {
    expect(upgradeCheckpointTo2({ data: {}, tensors: { weights: [], adapters: [] } })).toEqual({
      data: { methods: {} },
      tensors: { weights: [] },
    });
  });
});
