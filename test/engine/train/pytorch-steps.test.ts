import { afterEach, test } from 'vitest';
import { stopCompute } from '../../../electron/engine/compute/index.ts';
import { compareWithPyTorch } from './pytorch-steps.ts';

afterEach(stopCompute);

test.each(['cpu', 'simd'] as const)('three distillation steps give what PyTorch gives (%s)', compareWithPyTorch);
