import { describe, expect, it } from 'vitest';
import {
  buildNetwork,
  countNetwork,
  explicitChannels,
  featureShapes,
  listTaps,
  makeDivisible,
  type Network,
} from '../../../electron/engine/model/index.ts';
import { ARCHITECTURE_NAMES } from '../../../shared/run/architectures.ts';

describe('buildNetwork', () => {
  it('rounds widths as the reference code does', () => {
    expect([16 * 0.35, 12, 320 * 0.1, 17.9, 4, 1280 * 1.4].map((width) => makeDivisible(width))).toEqual([
      8, 16, 32, 24, 8, 1792,
    ]);
  });

  it.each([
    ['mobilenet-v2', { block01: 112, block03: 56, block06: 28, block13: 14, block17: 7 }],
    ['mobilenet-v3-large', { block01: 112, block03: 56, block06: 28, block12: 14, block15: 7 }],
    ['mobilenet-v3-small', { block01: 56, block03: 28, block08: 14, block11: 7 }],
    ['mobilenet-v4-conv-small', { block05: 14, block10: 14, block11: 7, block16: 7 }],
    ['efficientnet-lite0', { block01: 112, block03: 56, block05: 28, block11: 14, block16: 7 }],
  ] as const)('gives the maps of %s their published sizes', (architecture, sizes) => {
    const shapes = featureShapes(buildNetwork({ architecture, classes: 1000, inputSize: 224 }));
    for (const [block, size] of Object.entries(sizes)) expect(shapes.get(`${block}/project/bn`)?.[0], block).toBe(size);
  });

  it('keeps the first maps large where asked, without touching parameters or shortcuts', () => {
    const options = { architecture: 'mobilenet-v2', classes: 10, inputSize: 32 } as const;
    const usual = buildNetwork(options);
    const small = buildNetwork({ ...options, stemStride: 1, firstStrides: [1, 2] });
    const sizes = (network: Network): number[] =>
      ['stem/bn', 'block02/project/bn', 'block04/project/bn', 'block17/project/bn'].map(
        (name) => featureShapes(network).get(name)![0],
      );
    expect(sizes(usual)).toEqual([16, 8, 4, 1]);
    expect(sizes(small)).toEqual([32, 32, 16, 4]);
    expect(small.nodes.map(({ name }) => name)).toEqual(usual.nodes.map(({ name }) => name));
    expect(countNetwork(small).parameters).toBe(countNetwork(usual).parameters);
  });

  it.each(ARCHITECTURE_NAMES)('builds %s again from its explicit channels', (architecture) => {
    const network = buildNetwork({ architecture, width: 0.75, classes: 7, inputSize: [64, 96] });
    const channels = explicitChannels(network);
    expect(Object.keys(channels).length).toBeGreaterThan(5);
    expect(buildNetwork({ architecture, classes: 7, inputSize: [64, 96], width: 0.75, channels })).toEqual(network);
  });

  it('takes the widths of a pruned network', () => {
    const network = buildNetwork({
      architecture: 'mobilenet-v3-small',
      classes: 10,
      inputSize: 32,
      channels: { 'block02/expand/conv': 40, 'block04/squeeze/reduce': 5, 'classifier/hidden': 100, 'head/conv': 200 },
    });
    const shapes = featureShapes(network);
    expect(shapes.get('block02/depthwise/conv')?.[2]).toBe(40);
    expect(shapes.get('block04/squeeze/reduce/relu')).toEqual([1, 1, 5]);
    expect(shapes.get('classifier/dropout')).toEqual([1, 1, 100]);
    expect(shapes.get('head/flatten')).toEqual([1, 1, 200]);
  });

  it.each([
    [{ channels: { 'block99/expand/conv': 8 } }, /block99\/expand\/conv/],
    [{ channels: { 'block01/depthwise/conv': 8 } }, /block01\/depthwise\/conv/],
    [{ channels: { 'block03/project/conv': 16 } }, /block03\/add.*block02\/project\/bn.*\[8, 8, 24\].*\[8, 8, 16\]/],
    [{ channels: { 'stem/conv': 0 } }, /stem\/conv.*is 0/],
    [{ channels: { 'stem/conv': 2.5 } }, /stem\/conv.*is 2.5/],
    [{ classes: 0 }, /number of classes is 0/],
    [{ inputSize: 1.5 }, /input size is 1.5/],
    [{ width: Number.NaN }, /width multiplier NaN/],
    [{ firstStrides: [1, 1, 1, 1, 1] as const }, /only 4 blocks/],
  ])('refuses %j', (change, message) => {
    expect(() => buildNetwork({ architecture: 'mobilenet-v2', classes: 10, inputSize: 32, ...change })).toThrowError(
      message,
    );
  });

  it('names every tap with its shape and stride', () => {
    const taps = listTaps(buildNetwork({ architecture: 'mobilenet-v2', classes: 10, inputSize: 224 }));
    expect(taps.find(({ name }) => name === 'block13/add')).toEqual({
      name: 'block13/add',
      op: 'add',
      shape: [14, 14, 96],
      stride: 16,
      flat: false,
    });
    expect(taps.at(-1)).toMatchObject({ name: 'classifier/logits', flat: true, shape: [1, 1, 10] });
  });
});
