import { describe, expect, it } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { buildNetwork, countNetwork } from '../../../electron/engine/model/index.ts';
import {
  type Candidate,
  chooseBest,
  type SearchOptions,
  SearchSpace,
  searchWidths,
  type Widths,
} from '../../../electron/engine/search/index.ts';

const network = buildNetwork({ architecture: 'mobilenet-v2', width: 1, classes: 10, inputSize: 64 });
const full = countNetwork(network);
const openSpace = (share: number, protect: readonly string[] = []) =>
  new SearchSpace(network, {
    budget: { macs: Math.floor(share * full.macs) },
    multiple: 8,
    floor: 0.15,
    protect,
  });

describe('SearchSpace', () => {
  it('has networks whose widths are multiples, from the fewest channels up to all', () => {
    const space = openSpace(0.5);
    for (const [i, { channels }] of space.groups.entries()) {
      const widths = space.choices[i]!;
      expect(widths.at(-1)).toBe(channels);
      expect(widths).toEqual([...new Set(widths)].sort((a, b) => a - b));
      for (const width of widths) expect(width === channels || width % 8 === 0).toBe(true);
      expect(widths[0]).toBeGreaterThanOrEqual(Math.min(channels, 0.15 * channels));
    }
    expect(space.describe(space.largest)).toEqual(network);
    expect(space.fits(space.largest)).toBe(false);
    expect(space.fits(space.smallest)).toBe(true);
  });

  it('prices a network as it is counted', () => {
    const space = openSpace(0.4);
    for (const seed of [1, 2, 3]) {
      const widths = space.draw(new Random(seed));
      const { macs, parameters } = countNetwork(space.describe(widths));
      expect(space.cost(widths)).toMatchObject({ macs, parameters });
    }
  });

  it.each([0.25, 0.43, 0.6])('draws networks that fill a budget of %d, all different', (share) => {
    const space = openSpace(share);
    const drawn = Array.from({ length: 20 }, (_, i) => space.draw(new Random(`draw/${i}`)));
    expect(new Set(drawn.map((widths) => widths.join())).size).toBe(20);
    for (const widths of drawn) {
      expect(space.fits(widths)).toBe(true);
      // No group could be one step wider.
      for (const [i, width] of widths.entries()) {
        const wider = space.choices[i]!.find((choice) => choice > width);
        if (wider === undefined) continue;
        expect(space.fits(widths.with(i, wider))).toBe(false);
      }
    }
  });

  it('knows the widest uniform network within the budget', () => {
    const space = openSpace(0.4);
    expect(space.fits(space.uniform)).toBe(true);
    const shares = space.uniform.map((width, i) => width / space.groups[i]!.channels);
    // As near to one share from below as multiples of 8 are.
    const free = shares.filter((share, i) => share > space.choices[i]![0]! / space.groups[i]!.channels);
    for (const [i, share] of shares.entries())
      expect(share).toBeGreaterThan(Math.max(...free) - 8 / space.groups[i]!.channels);
  });

  it('leaves protected layers and all that goes with them whole', () => {
    const group = openSpace(0.6).groups[3]!;
    const space = openSpace(0.6, [group.producers[0]!]);
    expect(space.groups.map(({ id }) => id)).not.toContain(group.id);
  });
});

/** Networks are the better the nearer their widths are to a shape that chance does not find: wide at the end. */
function judgeBy(space: SearchSpace, judged: Widths[] = []) {
  return async (widths: Widths) => {
    judged.push(widths);
    const last = space.groups.length - 1;
    const error = widths.reduce((sum, width, i) => sum + Math.abs(width / space.groups[i]!.channels - i / last), 0);
    return { top1: 1 / (1 + error), loss: error };
  };
}

function optionsOf(space: SearchSpace, options: Partial<SearchOptions> = {}): SearchOptions {
  return {
    policy: 'evolution',
    population: 16,
    rounds: 6,
    random: new Random('search'),
    starts: [space.largest, space.uniform],
    judge: judgeBy(space),
    ...options,
  };
}

describe('searchWidths', () => {
  const space = openSpace(0.4);

  it('judges the networks that it is given and then so many as asked for, each once and each within the budget', async () => {
    const judged: Widths[] = [];
    const told: number[] = [];
    const found = await searchWidths(
      space,
      optionsOf(space, { judge: judgeBy(space, judged), onJudged: ({ length }) => void told.push(length) }),
    );
    expect(found.map(({ widths }) => widths)).toEqual(judged);
    expect(found).toHaveLength(2 + 6 * 16);
    expect(told).toEqual(found.map((_, i) => i + 1));
    expect(new Set(judged.map((widths) => widths.join())).size).toBe(judged.length);
    expect(judged.slice(1).every((widths) => space.fits(widths))).toBe(true);
    const best = chooseBest(space, found)!;
    expect(space.fits(best.widths)).toBe(true);
    expect(best.top1).toBe(Math.max(...found.filter(({ widths }) => space.fits(widths)).map(({ top1 }) => top1)));
  });

  it('finds the same again, from any judgement on', async () => {
    const first = await searchWidths(space, optionsOf(space));
    const known = new Map<string, Candidate>(first.slice(0, 41).map((each) => [each.widths.join(), each]));
    let asked = 0;
    const judge = judgeBy(space);
    const again = await searchWidths(
      space,
      optionsOf(space, {
        judge: async (widths) => {
          const { top1, loss } = known.get(widths.join()) ?? { ...(await judge(widths)), asked: asked++ };
          return { top1, loss };
        },
      }),
    );
    expect(again).toEqual(first);
    expect(asked).toBe(first.length - 41);
  });

  it('evolves what is better than chance finds with as many networks', async () => {
    const best = async (policy: SearchOptions['policy'], seed: number) =>
      chooseBest(space, await searchWidths(space, optionsOf(space, { policy, random: new Random(seed) })))!.loss;
    for (const seed of [1, 2, 3])
      expect(await best('evolution', seed)).toBeLessThan(0.95 * (await best('random', seed)));
  });

  it('ends early after a whole round where no more is wanted', async () => {
    let judged = 0;
    const found = await searchWidths(
      space,
      optionsOf(space, { onJudged: () => void judged++, wanted: () => judged < 5 }),
    );
    expect(found).toHaveLength(2 + 16);
    expect(chooseBest(space, found)).toBeDefined();
  });

  it('ends where a space is smaller than what is asked for', async () => {
    const { groups } = openSpace(0.6);
    const tiny = openSpace(
      0.99,
      groups.slice(1).map(({ producers }) => producers[0]!),
    );
    expect(tiny.groups).toHaveLength(1);
    const found = await searchWidths(tiny, optionsOf(tiny));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(2 + tiny.choices[0]!.length);
  });
});
