import type { Network } from '../network.ts';
import { hasHiddenLayer, listBlocks, type Naming, ownEpsilon } from './naming.ts';

/** torchvision's `mobilenet_v2`, `mobilenet_v3_large` and `mobilenet_v3_small`. */
export const TORCHVISION: Naming = {
  library: 'torchvision',
  mark: 'features.0.0.weight',
  modules: listModules,
  epsilon: ownEpsilon,
};

function listModules(network: Network): Map<string, string> {
  const isV3 = hasHiddenLayer(network);
  const blocks = listBlocks(network);
  const modules = new Map([
    ['stem/conv', 'features.0.0'],
    ['stem/bn', 'features.0.1'],
  ]);
  for (const [index, { name, expands, squeezes }] of blocks.entries()) {
    const path = `features.${index + 1}.${isV3 ? 'block' : 'conv'}`;
    let layer = 0;
    const addPair = (part: string): void => {
      modules.set(`${name}/${part}/conv`, `${path}.${layer}.0`);
      modules.set(`${name}/${part}/bn`, `${path}.${layer}.1`);
      layer += 1;
    };
    if (expands) addPair('expand');
    addPair('depthwise');
    if (squeezes) {
      modules.set(`${name}/squeeze/reduce`, `${path}.${layer}.fc1`);
      modules.set(`${name}/squeeze/expand`, `${path}.${layer}.fc2`);
      layer += 1;
    }
    if (isV3) {
      addPair('project');
    } else {
      // MobileNetV2 lists the last convolution and its batch norm side by side.
      modules.set(`${name}/project/conv`, `${path}.${layer}`);
      modules.set(`${name}/project/bn`, `${path}.${layer + 1}`);
    }
  }
  modules.set('head/conv', `features.${blocks.length + 1}.0`);
  modules.set('head/bn', `features.${blocks.length + 1}.1`);
  if (isV3) modules.set('classifier/hidden', 'classifier.0');
  modules.set('classifier/logits', isV3 ? 'classifier.3' : 'classifier.1');
  return modules;
}
