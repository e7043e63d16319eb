import { describe, expect, it } from 'vitest';
import { checkRecipe } from '../../../shared/run/check-recipe.ts';
import type { MethodName } from '../../../shared/run/methods.ts';
import { type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';
import { listRecipeKeys } from '../../../shared/run/recipe-guide.ts';

const problemsOf = (input: unknown): string[] => checkRecipe(input).problems ?? [];

/** Methods that do not count. */
const off = (...names: MethodName[]) => Object.fromEntries(names.map((name) => [name, { weight: 0 }]));

describe('listRecipeKeys', () => {
  it('tells every key, with a default that is the recipe’s own and a meaning', () => {
    const defaults = recipeSchema.parse({});
    const leaves = (value: unknown, prefix: string): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([name, child]) => leaves(child, prefix === '' ? name : `${prefix}.${name}`))
        : [[prefix, value]];
    const keys = listRecipeKeys();
    expect(keys.map(({ key, defaultValue }) => [key, JSON.parse(defaultValue)])).toEqual(leaves(defaults, ''));
    for (const { key, meaning, allowed } of keys) {
      expect(meaning, key).toMatch(/^[A-Z`].*\.$/);
      expect(allowed, key).not.toBe('a value');
    }
  });

  it('draws them from the schema only once, which a window that opens asks for a dozen times', () => {
    expect(listRecipeKeys()).toBe(listRecipeKeys());
  });
});

describe('checkRecipe', () => {
  it('fills defaults in', () => {
    const { recipe } = checkRecipe({ prune: { macs: 0.5 }, teacher: { width: 2 } });
    expect(recipe).toEqual(
      recipeSchema.parse({ prune: { macs: 0.5 }, teacher: { architecture: 'mobilenet-v3-large', width: 2 } }),
    );
  });

  it('names every key that is wrong', () => {
    expect(problemsOf({ seed: 'x', prune: { macs: 0, oops: 1 } })).toEqual([
      '"seed" is "x"; allowed: a whole number from 0.',
      '"prune.macs" is 0; allowed: a number above 0 up to 1 or null.',
      expect.stringContaining('no key "prune.oops"'),
    ]);
  });

  it('refuses strides that no builder takes', () => {
    const message = (firstStrides: unknown) => problemsOf({ student: { firstStrides } });
    expect(message([1, 3])).toEqual(['"student.firstStrides" is [1,3]; allowed: a list of 1 or 2, at most 4.']);
    expect(message([1, 1, 1, 1, 1])).toEqual([expect.stringContaining('at most 4')]);
  });

  it.each([null, 3, 'x', [], undefined])('refuses %j', (input) => {
    expect(problemsOf(input)).toEqual([expect.stringMatching(/^A recipe is a JSON object/)]);
  });

  it('keeps long and hostile values short', () => {
    expect(problemsOf({ data: { inputSize: 'x'.repeat(1000) } })[0]!.length).toBeLessThan(200);
    expect(problemsOf(JSON.parse('{"__proto__": {"seed": 1}, "constructor": 1}'))).toEqual([
      expect.stringContaining('"__proto__"'),
      expect.stringContaining('"constructor"'),
    ]);
  });

  const contradictions: [string, PartialRecipe, RegExp][] = [
    ['pruning without a budget', { prune: { macs: null } }, /all null.*pruneEpochs.* is 6/],
    [
      'a budget and no student epochs',
      { train: { warmUpEpochs: 0, pruneEpochs: 0, fineTuneEpochs: 0 } },
      /set one of them to at least 1/,
    ],
    [
      'a student that never learns',
      { prune: { macs: null }, train: { warmUpEpochs: 0, pruneEpochs: 0, fineTuneEpochs: 0 } },
      /never learn/,
    ],
    [
      'views of images that are mixed',
      { data: { augmentation: { mixup: 0.2, cutmix: 1 } }, distill: { views: 2 } },
      /"distill.views" is 2, but "data.augmentation.mixup" and "data.augmentation.cutmix" mix each image .*set them to 0/,
    ],
    [
      'a search without a budget',
      { prune: { macs: null }, train: { pruneEpochs: 0 }, search: { epochs: 2 } },
      /"search.epochs" is 2, but .* all null.*set one of the limits, or set "search.epochs" to 0/,
    ],
    [
      'a search that would leave out cuts',
      { goal: { stopCutting: true }, search: { epochs: 2 } },
      /"goal.stopCutting" is true, but a search .*set it to false, or "search.epochs" to 0/,
    ],
    ['a teacher that knows nothing', { train: { teacherEpochs: 0 } }, /teacher would know nothing/],
    ['nothing to learn from', { distill: off('crossEntropy', 'logits', 'reviewkd') }, /nothing to learn from/],
    [
      'labels that fade where there is no teacher',
      { distill: { ...off('logits', 'reviewkd'), crossEntropy: { schedule: { shape: 'linear' } } } },
      /In epoch 11 of 20 .*"distill.crossEntropy.weight" at 0/,
    ],
    [
      'a teacher that comes where there are no labels',
      { distill: { ...off('crossEntropy'), logits: { schedule: { shape: 'linear' } } } },
      /In epoch 1 of 20 .*"distill.logits.weight" at 0/,
    ],
    [
      'a gap between two schedules',
      {
        distill: {
          crossEntropy: { schedule: { shape: 'linear', until: 0.2 } },
          logits: { schedule: { shape: 'step', until: 0.5 } },
        },
      },
      /In epoch 5 of 20/,
    ],
    [
      'a reused classifier before which nothing is learned',
      { student: { head: 'teacher' } },
      /"student.head" is "teacher", but "distill.simkd.weight" is 0, .*; set the weight to 1, or "student.head" to "own"/,
    ],
    [
      'a map for a classifier that is not reused',
      { distill: { simkd: { weight: 1 } } },
      /"distill.simkd.weight" is 1, but "student.head" is "own", .*; set "student.head" to "teacher", or the weight to 0/,
    ],
    [
      'a reused classifier in an ONNX file',
      {
        student: { head: 'teacher' },
        teacher: { onnx: { file: 'a.onnx' } },
        train: { teacherEpochs: 0 },
        distill: { ...off('reviewkd'), simkd: { weight: 1 } },
      },
      /the teacher is an ONNX file, whose classifier Decant cannot take out; set "student.head" to "own"/,
    ],
    [
      'features alone',
      { distill: { ...off('crossEntropy', 'logits'), reviewkd: { weight: 1 } } },
      /the classifier has nothing to learn/,
    ],
    [
      'pairs that nobody reads',
      { distill: { ...off('reviewkd'), pairs: [['a', 'b']] } },
      /lists feature maps to compare/,
    ],
    ['a precision that no format has', { export: { precisions: ['int8-only'] } }, /int8-only, which onnx files do not/],
    ['no pairs', { distill: { pairs: [] } }, /empty list/],
    ['a flow without a second level', { distill: { levels: 1, fsp: { weight: 1 } } }, /there is only one level/],
    ['relations of nothing', { distill: { rkd: { weight: 1, distance: 0, angle: 0 } } }, /"distill.rkd.weight" weighs/],
    [
      'no correlation and no information',
      { distill: { itrd: { weight: 1, correlation: 0, information: 0 } } },
      /"distill.itrd.weight" weighs/,
    ],
    [
      'a teacher balanced at no one temperature',
      { balance: { answers: 'teacher' }, distill: { mlkd: { weight: 1 } } },
      /but "distill\.mlkd" compares others/,
    ],
    [
      'a teacher balanced before its answers are standardized',
      {
        balance: { answers: 'teacher' },
        distill: { logits: { standardize: true }, dkd: { weight: 1, standardize: true } },
      },
      /but "distill\.logits" and "distill\.dkd" compare others/,
    ],
    [
      'repeated views of images that come again anyway',
      { balance: { sampling: 'balanced' }, distill: { views: 2 } },
      /shows an image several times in an epoch/,
    ],
    ['padding that nobody uses', { data: { augmentation: { crop: 'resized', padding: 2 } } }, /does not pad/],
    [
      'padding as large as the image',
      { data: { inputSize: 32, augmentation: { padding: 32 } } },
      /as large as the image/,
    ],
    [
      'a student without a teacher, and none with one to compare it with',
      { train: { alone: true, baseline: false } },
      /"train.alone" is true, but "train.baseline" is false/,
    ],
    [
      'a student without a teacher where none has one',
      { train: { alone: true }, distill: off('logits', 'reviewkd') },
      /learns nothing from its teacher/,
    ],
    [
      'a student without a teacher that is not trained',
      { train: { alone: true, warmUpEpochs: 0, pruneEpochs: 0, fineTuneEpochs: 0 }, prune: { macs: null } },
      /"train.fineTuneEpochs" are all 0, so the student is not trained/,
    ],
    ['too few images', { data: { limit: 2 } }, /too few images/],
  ];
  it('takes views from 1 to 10 000, or none', () => {
    for (const views of [null, 1, 10_000]) expect(problemsOf({ distill: { views } })).toEqual([]);
    for (const views of [0, 10_001, 1.5, 'off'])
      expect(problemsOf({ distill: { views } })).toEqual([expect.stringMatching(/distill[.]views/)]);
    expect(recipeSchema.parse({}).distill.views).toBeNull();
  });

  it.each(contradictions)('explains %s', (_name, recipe, text) => {
    expect(problemsOf(recipe).join(' ')).toMatch(text);
  });

  it.each<[string, PartialRecipe]>([
    ['a plain distillation without pruning', { prune: { macs: null }, train: { pruneEpochs: 0 } }],
    ['one cut after warm-up', { prune: { steps: 1 }, train: { pruneEpochs: 0 } }],
    ['an imported teacher used as it is', { teacher: { weights: 't.safetensors' }, train: { teacherEpochs: 0 } }],
    ['a budget in parameters alone', { prune: { macs: null, parameters: 0.5 } }],
    [
      'a precision that one of the formats has',
      { export: { formats: ['onnx', 'tflite'], precisions: ['fp32', 'int8-only'] } },
    ],
    ['labels alone', { distill: off('logits', 'reviewkd') }],
    [
      'the map before the teacher’s classifier alone',
      { student: { head: 'teacher' }, distill: { ...off('crossEntropy', 'logits', 'reviewkd'), simkd: { weight: 1 } } },
    ],
  ])('allows %s', (_name, recipe) => {
    expect(problemsOf(recipe)).toEqual([]);
  });
});

describe('the shapes of keys', () => {
  it('let through each default, as data for forms', () => {
    for (const { key, defaultValue, shape } of listRecipeKeys()) {
      const value: unknown = JSON.parse(defaultValue);
      if (value === null) expect(shape.nullable, key).toBe(true);
      else if (shape.kind === 'choice') expect(shape.options, key).toContain(String(value));
      else if (typeof value === 'number') {
        expect(['integer', 'number'], key).toContain(shape.kind);
        expect(shape.min === null || value >= shape.min.value, key).toBe(true);
        expect(shape.max === null || value <= shape.max.value, key).toBe(true);
      } else if (typeof value === 'boolean') expect(shape.kind, key).toBe('boolean');
      else expect(Array.isArray(value), key).toBe(true);
    }
  });
});
