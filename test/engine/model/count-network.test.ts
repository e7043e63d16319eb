import { describe, expect, it } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  buildNetwork,
  countNetwork,
  initializeWeights,
  parameterSpecs,
  sizeOf,
} from '../../../electron/engine/model/index.ts';

describe('countNetwork', () => {
  // Parameters as torchvision and timm state them; multiply-adds as published, or where a paper rounds them, in millions.
  it.each([
    ['mobilenet-v2', 3_504_872, 300.8],
    ['mobilenet-v3-large', 5_483_032, 216.6],
    ['mobilenet-v3-small', 2_542_856, 56.5],
    ['mobilenet-v4-conv-small', 3_774_024, 186], // 0.2 billion in the paper.
    ['efficientnet-lite0', 4_652_008, 385.2], // Google counts 407, additions of batch norm among them.
  ] as const)('agrees with the published size of %s', (architecture, parameters, megaMacs) => {
    const count = countNetwork(buildNetwork({ architecture, classes: 1000, inputSize: 224 }));
    expect(count.parameters).toBe(parameters);
    expect(Math.round(count.macs / 1e5) / 10).toBe(megaMacs);
    expect(count.flops).toBe(2 * count.macs);
  });

  // numel of torchvision 0.14's models, built with width_mult and 10 classes.
  it.each([
    ['mobilenet-v2', 0.1, 98_890],
    ['mobilenet-v3-large', 0.1, 57_234],
    ['mobilenet-v3-small', 0.15, 52_810],
  ] as const)('agrees with torchvision on a narrow %s', (architecture, width, parameters) => {
    expect(countNetwork(buildNetwork({ architecture, width, classes: 10, inputSize: 48 })).parameters).toBe(parameters);
  });

  it('counts a layer by hand', () => {
    const { byNode } = countNetwork(buildNetwork({ architecture: 'mobilenet-v2', classes: 1000, inputSize: 224 }));
    expect(byNode.get('stem/conv')).toEqual({ parameters: 3 * 3 * 3 * 32, macs: 112 * 112 * 3 * 3 * 3 * 32 });
    expect(byNode.get('stem/bn')).toEqual({ parameters: 64, macs: 0 });
    expect(byNode.get('block02/depthwise/conv')).toEqual({ parameters: 9 * 96, macs: 56 * 56 * 9 * 96 });
    expect(byNode.get('classifier/logits')).toEqual({ parameters: 1280 * 1000 + 1000, macs: 1280 * 1000 });
  });

  it('has four times the work of a convolution where the stem keeps the size', () => {
    const options = { architecture: 'mobilenet-v2', classes: 10, inputSize: 32 } as const;
    const strided = countNetwork(buildNetwork(options));
    const full = countNetwork(buildNetwork({ ...options, stemStride: 1 }));
    expect(full.byNode.get('block05/expand/conv')!.macs).toBe(4 * strided.byNode.get('block05/expand/conv')!.macs);
    expect(full.parameters).toBe(strided.parameters);
  });
});

describe('parameterSpecs', () => {
  it('fits what initializeWeights makes, in the same order', () => {
    const network = buildNetwork({ architecture: 'mobilenet-v3-small', width: 0.25, classes: 10, inputSize: 32 });
    const weights = initializeWeights(network, new Random(1));
    const specs = parameterSpecs(network);
    expect([...weights.keys()]).toEqual(specs.map(({ name }) => name));
    for (const { name, shape } of specs) {
      expect(weights.get(name)!.shape).toEqual(shape);
      expect(weights.get(name)!.values).toHaveLength(sizeOf(shape));
    }
  });

  it('decays weights only, and trains all but running statistics', () => {
    const network = buildNetwork({ architecture: 'mobilenet-v3-small', classes: 10, inputSize: 32 });
    for (const { name, trainable, decay } of parameterSpecs(network)) {
      const role = name.slice(name.lastIndexOf('/') + 1);
      expect(decay, name).toBe(role === 'weight');
      expect(trainable, name).toBe(role !== 'mean' && role !== 'variance');
    }
  });
});
