import type { Network } from '../network.ts';
import { hasHiddenLayer, listBlocks, type Naming } from './naming.ts';

/**
 * timm's `mobilenetv2_*`, `mobilenetv3_large_*` and `mobilenetv3_small_*`. Its `tf_` variants have the same names but
 * pad on the right and bottom only, and so do not give the same features here; their file does not tell.
 */
export const TIMM: Naming = {
  library: 'timm',
  mark: 'conv_stem.weight',
  modules: listModules,
  epsilon: () => 1e-5,
};

/** Blocks in each stage, which timm numbers by stage and block. */
const STAGES: Readonly<Record<string, readonly number[]>> = {
  'mobilenet-v2': [1, 2, 3, 4, 3, 3, 1],
  'mobilenet-v3-large': [1, 2, 3, 4, 2, 3],
  'mobilenet-v3-small': [1, 2, 3, 2, 3],
};

function listModules(network: Network): Map<string, string> {
  const isV3 = hasHiddenLayer(network);
  const stages = STAGES[network.architecture] ?? [];
  const paths = stages.flatMap((count, stage) => Array.from({ length: count }, (_, i) => `blocks.${stage}.${i}`));
  const modules = new Map([
    ['stem/conv', 'conv_stem'],
    ['stem/bn', 'bn1'],
  ]);
  for (const [index, { name, expands, squeezes }] of listBlocks(network).entries()) {
    const path = paths[index] ?? `blocks.${stages.length}.${index}`;
    // Without expansion it is timm's DepthwiseSeparableConv, which calls the projection `conv_pw`.
    const parts = expands
      ? { expand: 'conv_pw', depthwise: 'conv_dw', project: 'conv_pwl' }
      : { depthwise: 'conv_dw', project: 'conv_pw' };
    for (const [order, [part, convolution]] of Object.entries(parts).entries()) {
      modules.set(`${name}/${part}/conv`, `${path}.${convolution}`);
      modules.set(`${name}/${part}/bn`, `${path}.bn${order + 1}`);
    }
    if (squeezes) {
      modules.set(`${name}/squeeze/reduce`, `${path}.se.conv_reduce`);
      modules.set(`${name}/squeeze/expand`, `${path}.se.conv_expand`);
    }
  }
  if (isV3) {
    modules.set('head/conv', `blocks.${stages.length}.0.conv`);
    modules.set('head/bn', `blocks.${stages.length}.0.bn1`);
    modules.set('classifier/hidden', 'conv_head');
  } else {
    modules.set('head/conv', 'conv_head');
    modules.set('head/bn', 'bn2');
  }
  modules.set('classifier/logits', 'classifier');
  return modules;
}
