import { describe, expect, it } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { buildNetwork, initializeWeights } from '../../../electron/engine/model/index.ts';

const network = buildNetwork({ architecture: 'mobilenet-v3-small', classes: 10, inputSize: 32 });
const weights = initializeWeights(network, new Random(5));

function deviation(name: string): number {
  const { values } = weights.get(name)!;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

describe('initializeWeights', () => {
  // torch.nn.init.kaiming_normal_(mode="fan_out"): sqrt(2 / (out · k · k)), depthwise too.
  it.each([
    ['block05/expand/conv/weight', Math.sqrt(2 / 240)],
    ['block09/depthwise/conv/weight', Math.sqrt(2 / (288 * 25))],
    ['block05/squeeze/reduce/weight', Math.sqrt(2 / 64)],
    ['classifier/hidden/weight', 0.01],
    ['classifier/logits/weight', 0.01],
  ])('spreads %s as torchvision does', (name, expected) => {
    expect(deviation(name) / expected).toBeGreaterThan(0.95);
    expect(deviation(name) / expected).toBeLessThan(1.05);
  });

  it('starts batch norm as the identity and biases at 0', () => {
    for (const [name, { values }] of weights) {
      if (/(gamma|variance)$/.test(name)) expect(values.every((value) => value === 1)).toBe(true);
      if (/(beta|mean|bias)$/.test(name)) expect(values.every((value) => value === 0)).toBe(true);
    }
  });

  it('depends on the seed and on each name alone', () => {
    const same = (seed: number, name: string, from = network): boolean => {
      const other = initializeWeights(from, new Random(seed)).get(name)!.values;
      return weights.get(name)!.values.every((value, i) => value === other[i]);
    };
    expect(same(5, 'block05/expand/conv/weight')).toBe(true);
    expect(same(6, 'block05/expand/conv/weight')).toBe(false);
    const wider = buildNetwork({ architecture: 'mobilenet-v3-small', classes: 20, inputSize: 64 });
    expect(same(5, 'head/conv/weight', wider)).toBe(true);
  });
});
