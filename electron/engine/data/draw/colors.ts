import type { Random } from '../../core/random.ts';

/** Red, green, blue in [0, 255]. */
export type Color = readonly [number, number, number];

/** Hues in degrees that people call warm or cool. */
const HUES = { warm: [-40, 70], cool: [140, 280] } as const;

export function drawColor(family: keyof typeof HUES, value: number, random: Random): Color {
  const [from, to] = HUES[family];
  return fromHsv(random.uniform(from, to), random.uniform(0.2, 0.85), value);
}

export function drawAnyColor(random: Random): Color {
  return fromHsv(random.uniform(0, 360), random.uniform(0.2, 0.9), random.uniform(0.25, 0.95));
}

/** Hue in degrees, saturation and value in [0, 1]. */
export function fromHsv(hue: number, saturation: number, value: number): Color {
  const channel = (n: number): number => {
    const k = (((n + hue / 60) % 6) + 6) % 6;
    return 255 * (value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}
