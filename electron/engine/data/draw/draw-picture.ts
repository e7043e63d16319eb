import type { Random } from '../../core/random.ts';
import { type Color, drawAnyColor, drawColor } from './colors.ts';
import type { DrawnClass } from './drawn-classes.ts';
import { SHAPES } from './shapes.ts';
import { TEXTURES, type TextureName } from './textures.ts';

/** Gives a point its colour and how much of it covers what is below: writes into `out`, returns the cover in [0, 1]. */
type Layer = (x: number, y: number, out: Float64Array) => number;

/**
 * Draws one picture of a class, `[size, size, 3]` bytes: a textured figure on a ground, with everything varied that does
 * not make the class: place, scale, turn, hues, ground, things beside and before it, light and noise.
 */
export function drawPicture({ shape, texture, relation }: DrawnClass, size: number, random: Random): Uint8Array {
  const figureFamily = relation;
  const groundFamily = relation === 'warm' ? 'cool' : 'warm';
  const layers: Layer[] = [
    makeGround(groundFamily, size, random.fork('ground')),
    ...makeClutter(size, random.fork('clutter')),
    makeFigure({ shape, texture, family: figureFamily }, size, random.fork('figure')),
    ...makeOccluders(size, random.fork('occluders')),
  ];
  return render(layers, size, random.fork('camera'));
}

function makeGround(family: 'warm' | 'cool', size: number, random: Random): Layer {
  const value = random.uniform(0.3, 0.9);
  const colors = [
    drawColor(family, value, random),
    drawColor(family, clampUnit(value + random.uniform(-0.3, 0.3)), random),
  ] as const;
  const cloud = makeCloud(random);
  const faint = random.next() < 0.5 ? makePattern(random.next() < 0.5 ? 'striped' : 'checked', size, random) : null;
  return (x, y, out) => {
    const share = clampUnit(cloud(x / size, y / size) + (faint ? 0.3 * (faint(x, y) - 0.5) : 0));
    mixColors(colors[0], colors[1], share, out);
    return 1;
  };
}

/** Small things beside the figure, of any colour. */
function makeClutter(size: number, random: Random): Layer[] {
  return Array.from({ length: random.integer(4) }, () => {
    const color = drawAnyColor(random);
    const place = drawPlacement(size, { scale: [0.05, 0.11], spread: 0.45, turn: Math.PI }, random);
    const outline = random.next() < 0.5 ? SHAPES.disc : SHAPES.square;
    return makeOutlined(outline, place, () => color);
  });
}

function makeFigure(
  { shape, texture, family }: { shape: keyof typeof SHAPES; texture: TextureName; family: 'warm' | 'cool' },
  size: number,
  random: Random,
): Layer {
  const place = drawPlacement(size, { scale: [0.25, 0.38], spread: 0.14, turn: 0.5 }, random);
  const value = random.uniform(0.4, 0.95);
  const contrast = random.uniform(0.26, 0.52) * (value > 0.65 ? -1 : 1);
  const light = drawColor(family, value, random);
  const dark = light.map((channel) => clampByte(channel * (1 + contrast / value))) as [number, number, number];
  const pattern = makePattern(texture, size, random);
  const color = new Float64Array(3);
  return makeOutlined(SHAPES[shape], place, (x, y) => mixColors(light, dark, pattern(x, y), color));
}

/** Bars that hide a part of the figure. */
function makeOccluders(size: number, random: Random): Layer[] {
  if (random.next() < 0.55) return [];
  const angle = random.uniform(0, Math.PI);
  const [nx, ny] = [Math.cos(angle), Math.sin(angle)];
  const offset = size * (0.5 * (nx + ny) + random.uniform(-0.25, 0.25));
  const half = size * random.uniform(0.03, 0.07);
  const color = drawAnyColor(random);
  return [
    (x, y, out) => {
      out.set(color);
      return clampUnit(half - Math.abs(nx * x + ny * y - offset) + 0.5);
    },
  ];
}

/** Light from one side, exposure, and the noise of a sensor. */
function render(layers: readonly Layer[], size: number, random: Random): Uint8Array {
  const angle = random.uniform(0, 2 * Math.PI);
  const slope = random.uniform(0, 0.5);
  const exposure = random.uniform(0.75, 1.15);
  const noise = random.uniform(4, 16);
  const pixels = new Uint8Array(size * size * 3);
  const below = new Float64Array(3);
  const above = new Float64Array(3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      for (const layer of layers) {
        const cover = layer(x + 0.5, y + 0.5, above);
        for (let c = 0; c < 3; c++) below[c] = below[c]! + cover * (above[c]! - below[c]!);
      }
      const across = ((x / size - 0.5) * Math.cos(angle) + (y / size - 0.5) * Math.sin(angle)) * slope;
      for (let c = 0; c < 3; c++)
        pixels[(y * size + x) * 3 + c] = clampByte(
          Math.round(below[c]! * exposure * (1 + across) + noise * random.normal()),
        );
    }
  return pixels;
}

interface Placement {
  x: number;
  y: number;
  radius: number;
  turn: number;
}

function drawPlacement(
  size: number,
  { scale, spread, turn }: { scale: readonly [number, number]; spread: number; turn: number },
  random: Random,
): Placement {
  return {
    x: size * (0.5 + random.uniform(-spread, spread)),
    y: size * (0.5 + random.uniform(-spread, spread)),
    radius: size * random.uniform(scale[0], scale[1]),
    turn: random.uniform(-turn, turn),
  };
}

function makeOutlined(
  outline: (x: number, y: number) => number,
  { x: centreX, y: centreY, radius, turn }: Placement,
  colorAt: (x: number, y: number) => ArrayLike<number>,
): Layer {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return (x, y, out) => {
    const dx = (x - centreX) / radius;
    const dy = (y - centreY) / radius;
    const cover = clampUnit(0.5 - radius * outline(cos * dx + sin * dy, cos * dy - sin * dx));
    if (cover > 0) out.set(colorAt(x, y));
    return cover;
  };
}

/** A texture in picture coordinates, at a random angle, phase and period. */
function makePattern(name: TextureName, size: number, random: Random): (x: number, y: number) => number {
  const texture = TEXTURES[name];
  const angle = random.uniform(0, Math.PI);
  const period = Math.max(4, size * random.uniform(0.12, 0.2)) * (name === 'checked' ? 1.4 : 1);
  const [cos, sin] = [Math.cos(angle) / period, Math.sin(angle) / period];
  const [phaseU, phaseV] = [random.next(), random.next()];
  return (x, y) => texture(cos * x + sin * y + phaseU, cos * y - sin * x + phaseV);
}

/** Smooth value noise in [0, 1] over the unit square. */
function makeCloud(random: Random): (u: number, v: number) => number {
  const cells = 3;
  const grid = Float64Array.from({ length: (cells + 1) ** 2 }, () => random.next());
  return (u, v) => {
    const x = Math.min(u, 0.9999) * cells;
    const y = Math.min(v, 0.9999) * cells;
    const corner = Math.floor(y) * (cells + 1) + Math.floor(x);
    const fx = ease(x % 1);
    const fy = ease(y % 1);
    const top = grid[corner]! * (1 - fx) + grid[corner + 1]! * fx;
    const bottom = grid[corner + cells + 1]! * (1 - fx) + grid[corner + cells + 2]! * fx;
    return top * (1 - fy) + bottom * fy;
  };
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

function mixColors(a: Color, b: Color, share: number, out: Float64Array): Float64Array {
  for (let c = 0; c < 3; c++) out[c] = a[c]! + share * (b[c]! - a[c]!);
  return out;
}

function clampUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, value));
}
