import type { Network } from '../network.ts';
import { type BlockFacts, hasHiddenLayer, listBlocks, type Naming } from './naming.ts';

/**
 * timm's `mobilenetv2_*`, `mobilenetv3_large_*`, `mobilenetv3_small_*`, `mobilenetv4_conv_small*` and `efficientnet_lite0`. Its
 * `tf_` variants have the same names but pad on the right and bottom only, and so do not give the same features here; their file
 * does not tell.
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
  'mobilenet-v4-conv-small': [2, 2, 6, 6, 1],
  'efficientnet-lite0': [1, 2, 2, 3, 3, 4, 1],
};

function listModules(network: Network): Map<string, string> {
  const stages = STAGES[network.architecture] ?? [];
  const paths = stages.flatMap((count, stage) => Array.from({ length: count }, (_, i) => `blocks.${stage}.${i}`));
  const modules = new Map([
    ['stem/conv', 'conv_stem'],
    ['stem/bn', 'bn1'],
  ]);
  const blocks = listBlocks(network);
  // MobileNetV4 has blocks of another kind, and is alone in having single convolutions among them.
  const isV4 = blocks.some(({ isConvolution }) => isConvolution);
  for (const [index, block] of blocks.entries()) {
    const path = paths[index] ?? `blocks.${stages.length}.${index}`;
    for (const [part, module] of isV4 ? listUniversal(block) : listInverted(block))
      modules.set(`${block.name}/${part}`, `${path}.${module}`);
  }
  for (const [part, module] of listHead(network, { isV4, stages: stages.length })) modules.set(part, module);
  modules.set('classifier/logits', 'classifier');
  return modules;
}

/** Inverted bottlenecks. Without expansion it is timm's DepthwiseSeparableConv, which calls the projection `conv_pw`. */
function listInverted({ expands, squeezes }: BlockFacts): [part: string, module: string][] {
  const parts = expands
    ? { expand: 'conv_pw', depthwise: 'conv_dw', project: 'conv_pwl' }
    : { depthwise: 'conv_dw', project: 'conv_pw' };
  const pairs = Object.entries(parts).flatMap(([part, convolution], order): [string, string][] => [
    [`${part}/conv`, convolution],
    [`${part}/bn`, `bn${order + 1}`],
  ]);
  if (!squeezes) return pairs;
  return [...pairs, ['squeeze/reduce', 'se.conv_reduce'], ['squeeze/expand', 'se.conv_expand']];
}

/** Universal inverted bottlenecks, and the convolutions between them. */
function listUniversal({ isConvolution }: BlockFacts): [part: string, module: string][] {
  if (isConvolution)
    return [
      ['conv', 'conv'],
      ['bn', 'bn1'],
    ];
  const parts = { start: 'dw_start', expand: 'pw_exp', depthwise: 'dw_mid', project: 'pw_proj' };
  return Object.entries(parts).flatMap(([part, module]) => [
    [`${part}/conv`, `${module}.conv`],
    [`${part}/bn`, `${module}.bn`],
  ]);
}

function listHead(network: Network, { isV4, stages }: { isV4: boolean; stages: number }): [string, string][] {
  if (hasHiddenLayer(network))
    return [
      ['head/conv', `blocks.${stages}.0.conv`],
      ['head/bn', `blocks.${stages}.0.bn1`],
      ['classifier/hidden', 'conv_head'],
    ];
  return [
    ['head/conv', 'conv_head'],
    ['head/bn', isV4 ? 'norm_head' : 'bn2'],
  ];
}
