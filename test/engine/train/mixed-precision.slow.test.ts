import { afterAll, test } from 'vitest';
import { stopCompute } from '../../../electron/engine/compute/index.ts';
import { MISSING } from '../compute/webgpu/swiftshader.ts';
import { checkScaleSearch } from './loss-scaling.ts';

afterAll(stopCompute);

test.skipIf(MISSING)(
  'in half precision webgpu finds a scale at which gradients stay in the range of f16, and learns',
  () => checkScaleSearch('webgpu'),
);
