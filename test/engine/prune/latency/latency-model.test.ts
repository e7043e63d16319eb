import { describe, expect, it } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import { buildNetwork, checkNetwork, countNetwork, type Network } from '../../../../electron/engine/model/index.ts';
import { channelGroups, LatencyModel, listPoints, resizeNetwork } from '../../../../electron/engine/prune/index.ts';
import { splitNetwork } from '../../../../electron/engine/prune/latency/split-network.ts';

/** A runtime whose time is known: a call costs something, so does each operation, and each multiplication. */
const fakeMs = (network: Network): number => 0.2 + 0.01 * network.nodes.length + 1e-6 * countNetwork(network).macs;

const timesOf = (full: Network) => new Map(listPoints(full).map(({ key, build }) => [key, fakeMs(build())]));

function drawCut(full: Network, seed: number): Network {
  const groups = channelGroups(full);
  const random = new Random('widths').fork(seed);
  const widths = groups
    .filter(({ prunable }) => prunable)
    .map(({ id, channels }) => [id, 1 + random.integer(channels)]);
  return resizeNetwork(full, groups, new Map(widths as [string, number][])); // Pairs, as made in the line above.
}

const v2 = buildNetwork({ architecture: 'mobilenet-v2', classes: 37, inputSize: 64, stemStride: 1 });
const v3 = buildNetwork({ architecture: 'mobilenet-v3-large', classes: 100, inputSize: 64 });

describe('a network taken apart', () => {
  it('is one piece for each block, which can stand alone', () => {
    const { pieces, frames } = splitNetwork(v2);
    // Stem with the first block, 16 more, and the classifier.
    expect(pieces).toHaveLength(18);
    expect(frames).toHaveLength(17);
    for (const { build, axes } of [...pieces, ...frames]) checkNetwork(build(axes.map(({ levels }) => levels.at(-1)!)));
    expect(pieces[2]!.axes.map(({ node, levels }) => [node, levels])).toEqual([
      ['block02/project/bn', [8, 16, 24]],
      ['block03/expand/conv', [24, 72, 144]],
    ]);
  });

  it('tells pieces with and without squeeze-excitation, strides and kernels apart, and equal ones not', () => {
    const { pieces } = splitNetwork(v3);
    const structures = pieces.map(({ structure }) => structure);
    expect(new Set(structures).size).toBeLessThan(structures.length);
    expect(structures[3]).toContain('16x16 ');
    expect(structures[3]).toContain('depthwise-5-2-2');
    expect(structures[3]).toContain('scale');
    // What squeezes is one pixel, whose layers need no third width.
    expect(pieces[3]!.axes.map(({ levels }) => levels.length)).toEqual([3, 3, 2, 3]);
  });

  it('is timed at a few hundred points, whatever its size', () => {
    expect(listPoints(v2)).toHaveLength(240);
    expect(listPoints(v3).length).toBeLessThan(400);
    const large = buildNetwork({ architecture: 'mobilenet-v2', classes: 1000, inputSize: 224 });
    expect(listPoints(large)).toHaveLength(240);
  });
});

describe('a prediction', () => {
  it('is exact where time is linear in each width, between the widths that were timed and below', () => {
    const model = new LatencyModel(v2, timesOf(v2));
    expect(model.predict(v2)).toBeCloseTo(fakeMs(v2), 6);
    for (let seed = 0; seed < 20; seed++) {
      const cut = drawCut(v2, seed);
      expect(model.predict(cut)).toBeCloseTo(fakeMs(cut), 6);
    }
  });

  it('is near where a layer reads and gives the same channels', () => {
    const model = new LatencyModel(v3, timesOf(v3));
    for (let seed = 0; seed < 5; seed++) {
      const cut = drawCut(v3, seed);
      expect(Math.abs(model.predict(cut) / fakeMs(cut) - 1)).toBeLessThan(0.01);
    }
  });

  it('counts a call of the runtime once', () => {
    const calls = new Map(listPoints(v2).map(({ key }) => [key, 0.2]));
    expect(new LatencyModel(v2, calls).predict(v2)).toBeCloseTo(0.2, 9);
  });

  it('is refused where a piece was not timed', () => {
    const times = timesOf(v2);
    times.delete([...times.keys()][7]!);
    expect(() => new LatencyModel(v2, times)).toThrow(/has not timed all pieces/);
    expect(() => new LatencyModel(v3, times)).toThrow(/has not timed all pieces/);
  });
});
