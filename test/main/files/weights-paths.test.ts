import { describe, expect, it } from 'vitest';
import { WeightsPaths } from '../../../electron/main/files/weights-paths.ts';

describe('weights files that the window may name', () => {
  it('are none but those that were picked, in every place of a recipe that names a file', () => {
    const paths = new WeightsPaths();
    paths.add('/picked.safetensors');
    const recipes = [
      { teacher: { weights: '/etc/passwd' } },
      { student: { weights: 'relative.safetensors' } },
      { teacher: { onnx: { file: '/etc/passwd' } } },
      { teacher: { onnx: { file: 'run:1m89n1fkm9d626' } } },
      { teacher: { weights: '/picked.safetensors', onnx: { file: '/other.onnx' } } },
    ];
    for (const recipe of recipes)
      expect(() => paths.check(recipe), JSON.stringify(recipe)).toThrow(/was not chosen in this window/);
  });

  it('are those that were picked, those of trusted recipes, and what is no file', () => {
    const paths = new WeightsPaths();
    paths.add('/picked.safetensors');
    paths.addOf({ teacher: { onnx: { file: '/opened.onnx' } } });
    paths.check({ teacher: { weights: '/picked.safetensors' }, student: { weights: 'catalogue:torchvision-v2' } });
    paths.check({ teacher: { weights: 'run:1m89n1fkm9d626', onnx: { file: '/opened.onnx' } } });
    paths.check({ teacher: { weights: null, onnx: { file: null } } });
    paths.check('nonsense');
  });
});
