import type { Search } from '../../shared/run/search.ts';

const GROUPS = [32, 96, 144, 24, 192, 32, 384, 64, 576, 96, 960, 160, 1280].map((channels, i) => ({
  name: `features.${i}.conv`,
  channels,
}));

/** Numbers from 0 to 1 without an order that is seen, the same each time. */
function scatter(place: number, of: number): number {
  const value = Math.sin(12.9898 * (place + 1) + 78.233 * (of + 1)) * 43758.5453;
  return value - Math.floor(value);
}

/** A search whose networks are the better the more they cost, and by chance; the best that costs at most 60 % is chosen. */
export function createSampleSearch({
  networks = 120,
  predicts = false,
  chosen = true,
}: {
  networks?: number;
  predicts?: boolean;
  chosen?: boolean;
} = {}): Search {
  const candidates = Array.from({ length: networks }, (_, place) => {
    const most = place === 0 ? 1 : place < 8 ? 0.3 + place / 12 : 0.85;
    const widths = GROUPS.map(({ channels }, i) => {
      const share = place < 8 ? most : 0.3 + (most - 0.3) * scatter(place, i);
      return Math.max(8, Math.round((share * channels) / 8) * 8);
    });
    const share = widths.reduce((sum, width, i) => sum + width / GROUPS[i]!.channels, 0) / GROUPS.length;
    const top1 = Math.min(0.95, 0.55 + 0.4 * share ** 0.5 + 0.04 * (scatter(place, 90) - 0.5));
    return {
      widths,
      macs: Math.round(48e6 * share ** 2),
      parameters: Math.round(2.2e6 * share ** 2),
      latencyMs: predicts ? 1 + 5 * share ** 1.5 + 0.3 * (scatter(place, 91) - 0.5) : null,
      top1,
      loss: 1.2 - top1,
    };
  });
  const within = candidates.flatMap(({ macs }, place) => (macs <= 0.6 * 48e6 ? [place] : []));
  const best = within.reduce((a, b) => (candidates[b]!.top1 > candidates[a]!.top1 ? b : a));
  return { policy: 'evolution', images: 450, groups: GROUPS, candidates, chosen: chosen ? best : null };
}
