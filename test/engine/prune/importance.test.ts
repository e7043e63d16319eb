import { describe, expect, it } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import type { Network } from '../../../electron/engine/model/network.ts';
import type { Weights } from '../../../electron/engine/model/weights.ts';
import { channelGroups } from '../../../electron/engine/prune/channel-groups.ts';
import { IMPORTANCES, type ImportanceName, scoreGroups } from '../../../electron/engine/prune/importance/index.ts';
import { NORMALIZATIONS } from '../../../electron/engine/prune/normalization.ts';
import { SELECTIONS } from '../../../electron/engine/prune/selection/index.ts';
import { IMPORTANCES as RECIPE_IMPORTANCES, SELECTIONS as RECIPE_SELECTIONS } from '../../../shared/run/recipe.ts';
import { drawCase } from './random-network.ts';

/** image (1) -> conv (3 channels) -> batch norm -> pool -> dense (2): small enough to score by hand. */
const network: Network = {
  format: 'decant-network',
  version: 1,
  architecture: 'test',
  inputSize: [2, 2],
  classes: 2,
  output: 'logits',
  nodes: [
    { op: 'input', name: 'image', channels: 2 },
    {
      op: 'conv',
      name: 'a',
      input: 'image',
      inChannels: 2,
      outChannels: 3,
      kernel: 1,
      stride: 1,
      padding: 0,
      bias: false,
    },
    { op: 'batchNorm', name: 'bn', input: 'a', channels: 3, epsilon: 1e-5, activation: 'relu' },
    { op: 'globalAveragePool', name: 'pool', input: 'bn' },
    { op: 'flatten', name: 'flat', input: 'pool' },
    { op: 'dense', name: 'logits', input: 'flat', inFeatures: 3, outFeatures: 2, bias: true },
  ],
};
const vector = (...values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });
const weights: Weights = new Map([
  // [1, 1, in 2, out 3]: filters (3, 4), (0, 0), (-6, 8).
  ['a/weight', { shape: [1, 1, 2, 3], values: Float32Array.of(3, 0, -6, 4, 0, 8) }],
  ['bn/gamma', vector(0.5, -2, 1)],
  ['bn/beta', vector(0, 0, 0)],
  ['bn/mean', vector(9, 9, 9)],
  ['bn/variance', vector(9, 9, 9)],
  // [in 3, out 2]: rows (1, 0), (3, -4), (0, 1).
  ['logits/weight', { shape: [3, 2], values: Float32Array.of(1, 0, 3, -4, 0, 1) }],
  ['logits/bias', vector(5, 5)],
]);

function score(name: ImportanceName): number[] {
  const taylor = new Map([['a', Float32Array.of(3, 1, 2)]]);
  const sensitivity = new Map([['a', Float32Array.of(1, 3, 2)]]);
  return [...scoreGroups(name, { network, weights, random: new Random(1), taylor, sensitivity }).get('a')!];
}

function expectNear(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 5);
  });
}

describe('importance, by hand', () => {
  it('l1: norms 7, 0, 14 (mean 7) and 1, 7, 1 (mean 3), averaged', () => {
    expectNear(score('l1'), [(7 / 7 + 1 / 3) / 2, (0 + 7 / 3) / 2, (14 / 7 + 1 / 3) / 2]);
  });

  it('l2: norms 5, 0, 10 (mean 5) and 1, 5, 1 (mean 7/3), averaged', () => {
    expectNear(score('l2'), [(1 + 3 / 7) / 2, 15 / 7 / 2, (2 + 3 / 7) / 2]);
  });

  it('batch-norm-scale: |gamma|', () => {
    expectNear(score('batch-norm-scale'), [0.5, 2, 1]);
  });

  it('fpgm: distances 5, 9.85, 10 between the filters, summed for each and divided by their mean', () => {
    const [ab, ac, bc] = [5, Math.hypot(9, 4), 10];
    const mean = (2 * (ab + ac + bc)) / 3;
    expectNear(score('fpgm'), [(ab + ac) / mean, (ab + bc) / mean, (ac + bc) / mean]);
  });

  it('taylor: what was accumulated, or a plain error', () => {
    expectNear(score('taylor'), [3, 1, 2]);
    expect(() => scoreGroups('taylor', { network, weights, random: new Random(1) })).toThrow(
      'Taylor importance has no scores',
    );
  });

  it('sensitivity: what was measured, or a plain error', () => {
    expectNear(score('sensitivity'), [1, 3, 2]);
    expect(() => scoreGroups('sensitivity', { network, weights, random: new Random(1) })).toThrow(
      'Sensitivity has no scores',
    );
  });

  it('random: the same for the same seed, another for another', () => {
    const draw = (seed: number) => scoreGroups('random', { network, weights, random: new Random(seed) }).get('a');
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('names a missing parameter', () => {
    const incomplete = new Map(weights);
    incomplete.delete('a/weight');
    for (const name of ['l1', 'l2', 'fpgm'] as const) {
      expect(() => scoreGroups(name, { network, weights: incomplete, random: new Random(1) })).toThrow(
        'lack "a/weight"',
      );
    }
  });
});

describe('every importance', () => {
  it.each(Object.keys(IMPORTANCES) as ImportanceName[])('%s scores every channel of every kind of group', (name) => {
    for (let seed = 0; seed < 30; seed++) {
      const { network, weights, groups } = drawCase(`importance-${seed}`);
      const taylor = new Map(groups.map((group) => [group.id, new Float32Array(group.channels).fill(1)]));
      const scores = scoreGroups(name, { network, weights, random: new Random(seed), taylor, sensitivity: taylor });
      const prunable = groups.filter((group) => group.prunable);
      expect([...scores.keys()]).toEqual(prunable.map((group) => group.id));
      for (const group of prunable) {
        const values = scores.get(group.id)!;
        expect(values).toHaveLength(group.channels);
        expect(values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      }
    }
  });

  it('finds a dead channel in any group, by the importances that look at weights', () => {
    for (let seed = 0; seed < 30; seed++) {
      const { network, weights } = drawCase(`dead-${seed}`);
      for (const group of channelGroups(network).filter(({ prunable, channels }) => prunable && channels > 1)) {
        const dead = new Map(weights);
        for (const { parameter, axis } of group.members) {
          const { shape, values } = dead.get(parameter)!;
          const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
          const silenced = values.map((value, i) => (Math.floor(i / inner) % shape[axis]! === 0 ? 0 : value));
          dead.set(parameter, { shape, values: silenced });
        }
        for (const name of ['l1', 'l2', 'batch-norm-scale'] as const) {
          const [first, ...others] = scoreGroups(name, { network, weights: dead, random: new Random(1) }).get(
            group.id,
          )!;
          expect(first).toBe(0);
          expect(Math.min(...others)).toBeGreaterThan(0);
        }
      }
    }
  });
});

describe('tables', () => {
  it('list what a recipe may name', () => {
    expect(Object.keys(IMPORTANCES).sort()).toEqual([...RECIPE_IMPORTANCES].sort());
    expect(Object.keys(SELECTIONS).sort()).toEqual([...RECIPE_SELECTIONS].sort());
  });

  it('mean normalization makes every group worth 1 a channel, and leaves zeros alone', () => {
    expect([...NORMALIZATIONS.mean(Float32Array.of(1, 2, 3))]).toEqual([0.5, 1, 1.5]);
    expect([...NORMALIZATIONS.mean(new Float32Array(2))]).toEqual([0, 0]);
    expect([...NORMALIZATIONS.none(Float32Array.of(4))]).toEqual([4]);
  });
});
