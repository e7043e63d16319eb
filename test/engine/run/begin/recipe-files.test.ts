import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listForeignFiles, placeRecipeFiles } from '../../../../electron/engine/run/begin/recipe-files.ts';

const FOLDER = resolve('/recipes/mine');
const place = (recipe: object) => ({ files: placeRecipeFiles(recipe, FOLDER), recipe });

describe('the files that a recipe names', () => {
  it('lie beside it, in every place that names one, and references are none', () => {
    const { recipe, files } = place({
      teacher: { weights: 'catalogue:timm-mobilenetv2-140', onnx: { file: 'run:teacher.onnx', white: 1 } },
      student: { weights: '../w.safetensors' },
    });
    expect(recipe).toEqual({
      teacher: {
        weights: 'catalogue:timm-mobilenetv2-140',
        onnx: { file: join(FOLDER, 'run:teacher.onnx'), white: 1 },
      },
      student: { weights: resolve('/recipes/w.safetensors') },
    });
    expect(files.map(({ key }) => key)).toEqual(['student.weights', 'teacher.onnx.file']);
  });

  it.each([
    {},
    { teacher: null },
    { teacher: 'x', student: { weights: 1 } },
    { teacher: { onnx: [1], weights: null } },
  ])('are none in %j', (recipe) => {
    expect(place(recipe).files).toEqual([]);
  });
});

it.each([
  ['w.safetensors', false],
  ['deep/er/w.safetensors', false],
  ['..w.safetensors', false],
  ['/home/decant/runs/1/w.safetensors', false],
  ['/etc/passwd', true],
  ['../other/w.safetensors', true],
  ['../mine2/w.safetensors', true],
  ['.', true],
  ['\\\\host\\share\\w.safetensors', true],
  ['//host/share/w.safetensors', true],
])('%s is foreign: %s', (path, foreign) => {
  const { files } = place({ teacher: { weights: path } });
  expect(listForeignFiles(files, [FOLDER, resolve('/home/decant')]).length > 0).toBe(foreign);
});
