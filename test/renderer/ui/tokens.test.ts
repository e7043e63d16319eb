import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Rgb = readonly [number, number, number];

const css = readFileSync(new URL('../../../renderer/ui/tokens.css', import.meta.url), 'utf8');
const TOKENS = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)].map(([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
);

/** sRGB to linear light, 0 to 1 (IEC 61966-2-1). */
function linearize(hex: string): Rgb {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function multiply(matrix: readonly Rgb[], vector: Rgb): Rgb {
  const [a, b, c] = matrix.map((row) => row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2]);
  return [a!, b!, c!];
}

/** WCAG 2.2. */
function contrast(a: string, b: string): number {
  const [low, high] = [a, b]
    .map((hex) => {
      const [red, green, blue] = linearize(hex);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    })
    .sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

/** What eyes without one kind of cone see: Machado, Oliveira and Fernandes 2009, severity 1. */
const EYES: Record<string, readonly Rgb[]> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIE 1976 L*a*b*, D65. */
function toLab(rgb: Rgb): Rgb {
  const xyz = multiply(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    rgb,
  );
  const [x, y, z] = [xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089].map((t) =>
    t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116,
  );
  return [116 * y! - 16, 500 * (x! - y!), 200 * (y! - z!)];
}

const token = (name: string, theme: 'light' | 'dark'): string => {
  const value = TOKENS.get(name)?.[theme];
  if (!value) throw new Error(`There is no token --${name}.`);
  return value;
};

describe.each(['light', 'dark'] as const)('colours in the %s theme', (theme) => {
  it.each(['text', 'text-muted', 'text-faint'])('%s can be read on every surface', (name) => {
    for (const surface of ['canvas', 'surface', 'sunken', 'raised', 'accent-soft'])
      expect(contrast(token(name, theme), token(surface, theme)), surface).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['teacher', 'baseline', 'student', 'danger', 'warning', 'success'])('%s can be read as text', (name) => {
    for (const surface of ['canvas', 'surface', `${name}-soft`])
      expect(contrast(token(name, theme), token(surface, theme)), surface).toBeGreaterThanOrEqual(4.5);
  });

  it('the accent bears its text, and borders of controls can be seen', () => {
    expect(contrast(token('on-accent', theme), token('accent', theme))).toBeGreaterThanOrEqual(4.5);
    for (const surface of ['surface', 'canvas']) {
      expect(contrast(token('accent-text', theme), token(surface, theme))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(token('border-strong', theme), token(surface, theme))).toBeGreaterThanOrEqual(3);
    }
  });

  it.each(Object.keys(EYES))('the three networks are told apart by %s eyes', (eye) => {
    const labs = ['teacher', 'baseline', 'student'].map((name) =>
      toLab(multiply(EYES[eye]!, linearize(token(name, theme)))),
    );
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      expect(Math.hypot(...labs[a]!.map((value, i) => value - labs[b]![i]!)), `${a} and ${b}`).toBeGreaterThan(20);
  });
});
