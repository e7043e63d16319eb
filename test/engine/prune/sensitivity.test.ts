import { describe, expect, it } from 'vitest';
import { countNetwork } from '../../../electron/engine/model/index.ts';
import { channelGroups } from '../../../electron/engine/prune/channel-groups.ts';
import { measureSensitivity, scoreBySensitivity } from '../../../electron/engine/prune/sensitivity.ts';
import { drawCase } from './random-network.ts';

describe('measureSensitivity', () => {
  it('judges the whole network once, and one network for each group and share, of which only that group is narrower', async () => {
    const { network, weights } = drawCase('sensitivity');
    const groups = channelGroups(network).filter(({ prunable }) => prunable);
    const scores = new Map(groups.map(({ id, channels }) => [id, new Float32Array(channels).fill(1)]));
    const whole = countNetwork(network).parameters;
    const judged: number[] = [];
    const told: number[] = [];
    const all = await measureSensitivity(
      { network, weights },
      {
        scores,
        judge: async (model) => {
          const { parameters } = countNetwork(model.network);
          judged.push(parameters);
          return { loss: whole - parameters, top1: parameters / whole };
        },
        onGroup: (done) => told.push(done),
      },
    );
    expect(all.map(({ group }) => group)).toEqual(groups.map(({ id }) => id));
    expect(told).toEqual(groups.map((_, i) => i + 1));
    expect(judged[0]).toBe(whole);
    expect(judged).toHaveLength(1 + all.reduce((sum, { points }) => sum + points.length - 1, 0));
    for (const { channels, points } of all) {
      expect(points[0]).toEqual({ removed: 0, loss: 0, top1: 1 });
      const removed = points.map((point) => point.removed);
      expect(removed).toEqual([...new Set(removed)].sort((a, b) => a - b));
      expect(removed.at(-1)).toBeLessThan(channels);
      expect(points.map(({ loss }) => loss)).toEqual(points.map(({ loss }) => loss).sort((a, b) => a - b));
    }
  });

  it('leaves out the channels with the lowest scores', async () => {
    const { network, weights } = drawCase('sensitivity');
    const groups = channelGroups(network);
    const scores = new Map(
      groups.map(({ id, channels }) => [id, Float32Array.from({ length: channels }, (_, i) => -i)]),
    );
    const lost = new Map<string, number>();
    await measureSensitivity(
      { network, weights },
      {
        scores,
        judge: async (model) => {
          for (const { id, channels, members } of groups) {
            const { parameter, axis } = members.find(({ side }) => side !== 'input') ?? members[0]!;
            const [was, is] = [weights.get(parameter)!, model.weights.get(parameter)!];
            const left = is.shape[axis]!;
            if (axis !== was.shape.length - 1 || left === channels) continue;
            // The first rows of both: what is left is their beginning.
            expect([...is.values.slice(0, left)]).toEqual([...was.values.slice(0, left)]);
            lost.set(id, left);
          }
          return { loss: 0, top1: 1 };
        },
      },
    );
    expect(lost.size).toBeGreaterThan(2);
  });
});

describe('scoreBySensitivity', () => {
  const point = (removed: number, loss: number) => ({ removed, loss, top1: 0 });

  it('shares each rise of the loss among the channels that went, by their scores, and goes on as steeply', () => {
    const points = [point(0, 1), point(2, 1.3), point(3, 2)];
    const worth = scoreBySensitivity({ group: 'a', channels: 4, points }, Float32Array.of(2, 1, 4, 3));
    // Channels 1 and 0 go first: 0.3 in proportion 1 : 2; then channel 3: 0.7; channel 2 was never without.
    expect([...worth].map((value) => Math.round(100 * value) / 100)).toEqual([0.2, 0.1, 0.7, 0.7]);
  });

  it('keeps the order of the scores where a later rise is less steep, or the loss falls', () => {
    const points = [point(0, 1), point(1, 3), point(2, 3.2), point(3, 3)];
    const worth = scoreBySensitivity({ group: 'a', channels: 4, points }, Float32Array.of(1, 2, 3, 4));
    expect([...worth]).toEqual([...worth].sort((a, b) => a - b));
    expect(worth.slice(0, 3).reduce((sum, value) => sum + value, 0)).toBeGreaterThanOrEqual(2);
    const falls = scoreBySensitivity(
      { group: 'a', channels: 3, points: [point(0, 1), point(1, 0.5), point(2, 0.4)] },
      Float32Array.of(1, 2, 3),
    );
    expect([...falls]).toEqual([0, 0, 0]);
  });
});
