import { createBatchNormKernels } from './batch-norm-kernels.ts';
import { createChannelKernels } from './channel-kernels.ts';
import { createConvolutionKernels } from './convolution-kernels.ts';
import { createDepthwiseKernels } from './depthwise-kernels.ts';
import { createElementwiseKernels } from './elementwise-kernels.ts';
import { createGemmKernels } from './gemm-kernels.ts';
import type { SimdKernels } from './kernel-types.ts';
import type { Launcher } from './launcher.ts';
import { createOptimizerKernels } from './optimizer-kernels.ts';
import { createPointwiseKernels } from './pointwise-kernels.ts';
import { createReductionKernels } from './reduction-kernels.ts';
import { createSqueezeKernels } from './squeeze-kernels.ts';

/** All kernels over one launcher; `memory` gives what outlives a single launch. */
export function createKernels(
  launcher: Launcher,
  memory: { allocate(bytes: number): number; release(offset: number): void },
): SimdKernels {
  return {
    ...createGemmKernels(launcher),
    ...createConvolutionKernels(launcher, memory),
    ...createDepthwiseKernels(launcher),
    ...createBatchNormKernels(launcher, memory),
    ...createPointwiseKernels(launcher),
    ...createSqueezeKernels(launcher),
    ...createElementwiseKernels(launcher),
    ...createReductionKernels(launcher),
    ...createChannelKernels(launcher),
    ...createOptimizerKernels(launcher),
  };
}
