import { describe, expect, it } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import { featureShapes, initializeWeights, writeSafetensors } from '../../../../electron/engine/model/index.ts';
import { decodeModel, describeModel, encodeModel } from '../../../../electron/engine/run/context/models.ts';
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

describe('a model in a file', () => {
  const network = describeModel(recipeSchema.parse({ student: { width: 0.1 } }), 'student', 2);
  const weights = initializeWeights(network, new Random(1));

  it('comes back', () => {
    expect(decodeModel(encodeModel({ network, weights }), 'a.safetensors')).toEqual({ network, weights });
  });

  it('with a damaged description is one sentence that names the file', () => {
    const bytes = writeSafetensors(weights, { 'decant.network': '{"format": "decant-netw' });
    expect(() => decodeModel(bytes, 'a.safetensors')).toThrow(
      expect.objectContaining({
        code: 'weights.unreadable',
        message: expect.stringMatching(/description of the network in a\.safetensors is not JSON: the file is damaged/),
      }),
    );
  });

  it('with the numbers of another network is refused', () => {
    const others = describeModel(recipeSchema.parse({ student: { width: 0.1 } }), 'student', 3);
    const bytes = encodeModel({ network, weights: initializeWeights(others, new Random(1)) });
    expect(() => decodeModel(bytes, 'a.safetensors')).toThrow(expect.objectContaining({ code: 'weights.mismatch' }));
  });
});
