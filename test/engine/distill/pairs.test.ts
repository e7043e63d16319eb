import { describe, expect, test } from 'vitest';
import { choosePairs } from '../../../electron/engine/distill/index.ts';
import { buildNetwork, featureShapes } from '../../../electron/engine/model/index.ts';

const teacher = buildNetwork({ architecture: 'mobilenet-v3-large', classes: 10, inputSize: 64 });
const student = buildNetwork({ architecture: 'mobilenet-v2', classes: 10, inputSize: 64 });
const shapesOf = (pairs: ReturnType<typeof choosePairs>, t = teacher, s = student) =>
  pairs.map((pair) => [featureShapes(t).get(pair.teacher), featureShapes(s).get(pair.student)]);

describe('by stride', () => {
  test('pairs the last blocks, deepest first', () => {
    // Channels of the last block at strides 32, 16, 8, 4, 2 in the two papers' tables.
    expect(shapesOf(choosePairs(teacher, student, { pairs: null, levels: 8 }))).toEqual([
      [
        [2, 2, 160],
        [2, 2, 320],
      ],
      [
        [4, 4, 112],
        [4, 4, 96],
      ],
      [
        [8, 8, 40],
        [8, 8, 32],
      ],
      [
        [16, 16, 24],
        [16, 16, 24],
      ],
      [
        [32, 32, 16],
        [32, 32, 16],
      ],
    ]);
  });

  test('takes as many levels as asked', () => {
    const all = choosePairs(teacher, student, { pairs: null, levels: 8 });
    expect(choosePairs(teacher, student, { pairs: null, levels: 2 })).toEqual(all.slice(0, 2));
  });

  test('pairs maps of one size where the stems differ', () => {
    const fine = buildNetwork({ architecture: 'mobilenet-v3-large', classes: 10, inputSize: 64, stemStride: 1 });
    const shapes = shapesOf(choosePairs(fine, student, { pairs: null, levels: 8 }), fine);
    expect(shapes.map(([a, b]) => [a![0], b![0]])).toEqual([
      [4, 4],
      [8, 8],
      [16, 16],
      [32, 32],
    ]);
  });
});

describe('by name', () => {
  const [deepest] = choosePairs(teacher, student, { pairs: null, levels: 1 });

  test('takes the nodes as named', () => {
    const pairs: [string, string][] = [[deepest!.teacher, deepest!.student]];
    expect(choosePairs(teacher, student, { pairs, levels: 3 })).toEqual([deepest]);
  });

  test('names near taps for a misspelt one', () => {
    const wrong = `${deepest!.student}x`;
    const choose = () => choosePairs(teacher, student, { pairs: [[deepest!.teacher, wrong]], levels: 3 });
    expect(choose).toThrow(expect.objectContaining({ code: 'recipe.invalid' }));
    expect(choose).toThrow(new RegExp(`"${wrong}".*student.*did you mean "${deepest!.student}"`));
  });

  test('refuses an empty list', () => {
    expect(() => choosePairs(teacher, student, { pairs: [], levels: 3 })).toThrow(/distill.pairs is an empty list/);
  });

  test('refuses logits, which are no feature map', () => {
    expect(() => choosePairs(teacher, student, { pairs: [[teacher.output, deepest!.student]], levels: 3 })).toThrow(
      /has no feature map of that name/,
    );
  });
});
