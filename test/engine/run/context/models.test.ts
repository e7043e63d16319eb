import { expect, it } from 'vitest';
import { featureShapes } from '../../../../electron/engine/model/index.ts';
import { describeModel } from '../../../../electron/engine/run/context/models.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';

const lastMaps = (student: object, inputSize = 32) => {
  const network = describeModel(recipeSchema.parse({ data: { inputSize }, student }), 'student', 10);
  return featureShapes(network).get(network.nodes.findLast(({ op }) => op === 'conv')!.name)!;
};

it('strides are the recipe’s: of the stem, which small images keep at 1, and of the first blocks', () => {
  // MobileNetV2 divides height and width by 32, half of it in the stem.
  expect(lastMaps({}, 128).slice(0, 2)).toEqual([4, 4]);
  expect(lastMaps({}).slice(0, 2)).toEqual([2, 2]);
  expect(lastMaps({ stemStride: 2 }).slice(0, 2)).toEqual([1, 1]);
  expect(lastMaps({ firstStrides: [1] }).slice(0, 2)).toEqual([4, 4]);
  expect(lastMaps({ firstStrides: [1, 2, 1] }).slice(0, 2)).toEqual([8, 8]);
});
