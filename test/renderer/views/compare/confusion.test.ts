import { describe, expect, it } from 'vitest';
import {
  binClasses,
  countMistakes,
  listMistakes,
  pickMostConfused,
  reduceMatrix,
} from '../../../../renderer/views/compare/confusion.ts';

const teacher = [
  [9, 1, 0, 0],
  [0, 8, 2, 0],
  [0, 0, 10, 0],
  [0, 0, 0, 10],
];
const student = [
  [8, 2, 0, 0],
  [0, 5, 4, 1],
  [0, 3, 7, 0],
  [0, 0, 0, 10],
];

describe('pickMostConfused', () => {
  it('takes pairs by their mistakes in both directions and all matrices', () => {
    expect(pickMostConfused([teacher, student], 2)).toEqual([1, 2]);
    expect(pickMostConfused([teacher, student], 3)).toEqual([1, 2, 0]);
  });

  it('takes every class once where there is room', () => {
    expect(pickMostConfused([teacher, student], 40).sort()).toEqual([0, 1, 2, 3]);
    expect(pickMostConfused([[[3]]], 40)).toEqual([0]);
    expect(pickMostConfused([], 40)).toEqual([]);
  });

  it('is done with 1 000 classes in a blink', () => {
    const large = Array.from({ length: 1000 }, (_, row) =>
      Array.from({ length: 1000 }, (_, column) => (row === column ? 40 : (row * 7 + column) % 97 === 0 ? 1 : 0)),
    );
    const begun = performance.now();
    expect(new Set(pickMostConfused([large, large], 40)).size).toBe(40);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('groups of classes', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `class ${i}`);

  it('hold every class once, and are no more than asked for', () => {
    for (const limit of [1, 7, 40, 999, 1000, 5000]) {
      const groups = binClasses(names, limit);
      expect(groups.length).toBeLessThanOrEqual(limit);
      expect(groups.flatMap(({ labels }) => labels)).toEqual(names.map((_, label) => label));
    }
    expect(binClasses(names, 40)[0]!.name).toBe('class 0 … class 24');
    expect(binClasses([], 40)).toEqual([]);
  });

  it('keep every image of the matrix', () => {
    const groups = [
      { name: 'first', labels: [0, 1] },
      { name: 'last', labels: [2, 3] },
    ];
    expect(reduceMatrix(student, groups)).toEqual([
      [15, 5],
      [3, 17],
    ]);
    // What was guessed wrong within a group is wrong all the same.
    expect(reduceMatrix(student, groups, { diagonal: false })).toEqual([
      [2, 5],
      [3, 0],
    ]);
  });
});

describe('mistakes', () => {
  it('are what is off the diagonal', () => {
    expect(countMistakes(teacher)).toBe(3);
    expect(countMistakes(student)).toBe(10);
  });

  it('are listed by number, or by what compression added', () => {
    expect(listMistakes(teacher, student, { by: 'count', limit: 2 })).toEqual([
      { label: 1, guess: 2, teacher: 2, student: 4 },
      { label: 2, guess: 1, teacher: 0, student: 3 },
    ]);
    expect(listMistakes(teacher, student, { by: 'added', limit: 1 })).toEqual([
      { label: 2, guess: 1, teacher: 0, student: 3 },
    ]);
    expect(listMistakes(student, teacher, { by: 'added', limit: 9 })).toEqual([]);
  });
});
