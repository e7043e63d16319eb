import { afterEach, test } from 'vitest';
import { stopCompute } from '../../../electron/engine/compute/index.ts';
import { MISSING } from '../compute/webgpu/swiftshader.ts';
import { compareWithPyTorch } from './pytorch-steps.ts';

afterEach(stopCompute);

test.skipIf(MISSING)('three distillation steps give what PyTorch gives (webgpu)', () => compareWithPyTorch('webgpu'));
