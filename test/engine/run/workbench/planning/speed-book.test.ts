import { expect, it } from 'vitest';
import { SpeedBook } from '../../../../../electron/engine/run/workbench/planning/speed-book.ts';
import { type PartialRecipe, recipeSchema } from '../../../../../shared/run/recipe.ts';

const parse = (recipe: PartialRecipe) => recipeSchema.parse(recipe);
const machine = { backend: 'simd', threads: 2 } as const;
const speeds = (teacher: number) => ({ teacher, student: 2, backend: 'simd' });

it('knows the speeds of the same networks, images and methods, whatever the epochs and the weights', () => {
  const book = new SpeedBook();
  expect(book.find(parse({}), machine)).toBeNull();
  book.keep(parse({}), machine, speeds(1));
  const longer: PartialRecipe = { train: { teacherEpochs: 90 }, prune: { macs: 0.3 }, student: { weights: 'run:1' } };
  expect(book.find(parse(longer), machine)).toEqual({ speeds: speeds(1), basis: 'same' });
});

it('takes the last speeds of the machine for others, and none of another back end', () => {
  const book = new SpeedBook();
  book.keep(parse({}), machine, speeds(1));
  book.keep(parse({ data: { inputSize: 64 } }), machine, speeds(3));
  book.keep(parse({}), { ...machine, threads: 1 }, speeds(5));
  const similar = { speeds: speeds(3), basis: 'similar' };
  expect(book.find(parse({ student: { width: 0.5 } }), machine)).toEqual(similar);
  expect(book.find(parse({ distill: { dkd: { weight: 1 } } }), machine)).toEqual(similar);
  expect(book.find(parse({ train: { precision: 'mixed' } }), machine)).toBeNull();
  expect(book.find(parse({}), { backend: 'webgpu', threads: 2 })).toBeNull();
});

it('forgets the oldest, so that it does not grow', () => {
  const book = new SpeedBook();
  for (let width = 1; width <= 3; width += 0.02) book.keep(parse({ student: { width } }), machine, speeds(width));
  expect(book.find(parse({ student: { width: 1 } }), machine)?.basis).toBe('similar');
});
