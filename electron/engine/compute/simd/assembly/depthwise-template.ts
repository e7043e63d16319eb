// Writes depthwise-loops.ts: the inner loops of the depthwise convolutions, unrolled for every width of the filter and
// every stride. Eight channels at a time as two neighbouring vectors, which V8's revectorizer joins (see `storePair`), so
// loops have no branches; what is left of the channels goes four at a time.
//
// A pixel's channels are `pixelBytes` long, in x, y and the filter alike. `biasMask` is 0 where the bias is a few zeros that
// stand for all channels, else all ones.

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Output pixels that a loop computes at a time. */
const GROUP = 4;

/** Writes `line` for both vectors of eight channels: `@` stands for the half's number, `AT` for its offset in bytes. */
const both = (line: string) =>
  [0, 1].map((half) => line.replaceAll('@', String(half)).replaceAll('AT', String(16 * half))).join(' ');
/** Writes `line` for the one vector of up to four channels. */
const single = (line: string) => line.replaceAll('@', '0').replaceAll('AT', '0');

type Halves = (line: string) => string;

const plus = (pointer: string, pixels: number) =>
  pixels === 0 ? pointer : `${pointer} + pixelBytes${pixels === 1 ? '' : ` * ${pixels}`}`;

const store = (halves: Halves, target: string, value: string) =>
  halves === both ? `storePair(${target}, ${value}0, ${value}1);` : `storeLanes(${target}, ${value}0, c);`;

/** Both loops over the channels, with `body` for what they do to some of them. */
const overChannels = (body: (halves: Halves) => string, advance: (bytes: number) => string) => `
  let c = channels;
  for (; c >= 8; c -= 8) {${body(both)}
    ${advance(32)}
  }
  for (; c > 0; c -= 4) {${body(single)}
    ${advance(16)}
  }`;

/** One row of the filter over one row of x: every tap that an output pixel has for the value in column `column`. */
const gather = (taps: number, stride: number, column: number) =>
  range(GROUP)
    .map((pixel) => ({ pixel, tap: column - pixel * stride }))
    .filter(({ tap }) => tap >= 0 && tap < taps)
    .map(({ pixel, tap }) => ({ sum: `s${pixel}`, by: `f${tap}` }));

const WINDOW = `x: usize, xRowStep: usize, filter: usize, filterRowStep: usize, pixelBytes: usize, ny: i32,
  bias: usize, biasMask: usize, low: f32, high: f32, y: usize, channels: i32,`;
const WINDOW_OF_ROWS = `x: usize, rows: usize, filter: usize, filterRowStep: usize, pixelBytes: usize, ny: i32, y: usize, channels: i32,`;

/**
 * Rows of taps over rows of x: sums in registers, which start as the bias and are clamped in the end. Where rows are `listed`,
 * `rows` holds their addresses, to which x is added, and sums start as zero and are what they are.
 */
function writeWindow(
  name: string,
  { taps, columns, outputs, terms, listed }: {
    listed: boolean;
    taps: number;
    columns: number;
    outputs: number;
    terms: (column: number) => { sum: string; by: string }[];
  },
): string {
  const body = (halves: Halves) => `
    ${halves(listed ? 'let s0_@ = zero();' : 'let s0_@ = v128.load(bias, AT);')}${range(outputs - 1)
      .map((pixel) => `\n    ${halves(`let s${pixel + 1}_@ = s0_@;`)}`)
      .join('')}
    let ${listed ? '' : 'xRow = x, '}filterRow = filter;
    for (let i = 0; i < ny; i++) {${range(taps)
      .map((tap) => `\n      ${halves(`const f${tap}_@ = v128.load(${plus('filterRow', tap)}, AT);`)}`)
      .join('')}
      let p = ${listed ? 'load<usize>(rows + (<usize>i << 2)) + x' : 'xRow'};${range(columns)
        .map(
          (column) => `
      {
        ${halves('const v_@ = v128.load(p, AT);')}${terms(column)
          .map(({ sum, by }) => `\n        ${halves(`${sum}_@ = madd(v_@, ${by}_@, ${sum}_@);`)}`)
          .join('')}
        p += pixelBytes;
      }`,
        )
        .join('')}${listed ? '' : '\n      xRow += xRowStep;'}
      filterRow += filterRowStep;
    }
    let target = y;${range(outputs)
      .map(
        (pixel) => `
    {
      ${listed ? '' : halves(`const r@ = clamp(s${pixel}_@, lowest, highest);`)}
      ${store(halves, 'target', listed ? `s${pixel}_` : 'r')}
      target += pixelBytes;
    }`,
      )
      .join('')}`;
  const advance = (bytes: number) =>
    `x += ${bytes}; filter += ${bytes}; y += ${bytes};${listed ? '' : ` bias += <usize>${bytes} & biasMask;`}`;
  return `
export function ${name}(
  ${listed ? WINDOW_OF_ROWS : WINDOW}
): void {${listed ? '' : `
  const lowest = f32x4.splat(low);
  const highest = f32x4.splat(high);`}${overChannels(body, advance)}
}
`;
}

/** Four neighbouring output pixels whose taps all lie inside. */
const writeFourPixels = (taps: number, stride: number, listed: boolean) =>
  writeWindow(`fourPixels${taps}x${stride}${listed ? 'Listed' : ''}`, {
    listed,
    taps,
    columns: (GROUP - 1) * stride + taps,
    outputs: GROUP,
    terms: (column) => gather(taps, stride, column),
  });

/**
 * The input gradient at stride 2 of eight neighbouring pixels, the first in an even column (counted with the padding): x is
 * dy, from the leftmost that has a tap there. Pixel 2 o + h of x takes tap 2 t + h of dy's pixel o - t.
 */
function writeEightInputs(taps: number, listed: boolean): string {
  const reach = (taps - 1) >> 1;
  return writeWindow(`eightInputs${taps}${listed ? 'Listed' : ''}`, {
    listed,
    taps,
    columns: GROUP + reach,
    outputs: 2 * GROUP,
    terms: (column) =>
      range(taps)
        .map((tap) => ({ tap, pixel: 2 * (column - reach + (tap >> 1)) + (tap & 1) }))
        .filter(({ pixel }) => pixel >= 0 && pixel < 2 * GROUP)
        .map(({ tap, pixel }) => ({ sum: `s${pixel}`, by: `f${tap}` })),
  });
}

/** One pixel: the sum over `ny` x `nx` taps, x and the filter each advancing by their own steps (negative ones too). */
function writePixel(): string {
  const some = (vectors: number) => {
    const each = (line: string) =>
      range(vectors)
        .map((vector) => line.replaceAll('@', String(vector)).replaceAll('AT', String(16 * vector)))
        .join(' ');
    const bytes = 16 * vectors;
    const stores =
      vectors === 1
        ? 'storeLanes(y, clamp(s0, lowest, highest), c);'
        : range(vectors / 2)
            .map((pair) => `storePair(y + ${32 * pair}, r${2 * pair}, r${2 * pair + 1});`)
            .join(' ');
    return `
  for (; c ${vectors === 1 ? '> 0' : `>= ${4 * vectors}`}; c -= ${4 * vectors}) {
    ${each('let s@ = v128.load(bias, AT);')}
    let xRow = x, filterRow = filter;
    for (let i = 0; i < ny; i++) {
      let p = xRow, f = filterRow;
      for (let j = 0; j < nx; j++) {
        ${each('s@ = madd(v128.load(p, AT), v128.load(f, AT), s@);')}
        p += xStep;
        f += filterStep;
      }
      xRow += xRowStep;
      filterRow += filterRowStep;
    }
    ${vectors === 1 ? '' : each('const r@ = clamp(s@, lowest, highest);')}
    ${stores}
    x += ${bytes}; filter += ${bytes}; y += ${bytes}; bias += <usize>${bytes} & biasMask;
  }`;
  };
  return `
export function onePixel(
  x: usize, xRowStep: usize, xStep: usize, filter: usize, filterRowStep: usize, filterStep: usize, ny: i32, nx: i32,
  bias: usize, biasMask: usize, low: f32, high: f32, y: usize, channels: i32,
): void {
  const lowest = f32x4.splat(low);
  const highest = f32x4.splat(high);
  let c = channels;${[8, 2, 1].map(some).join('')}
}
`;
}

/** Adds what four output pixels of one row contribute to one row of the filter's gradient. */
function writeTaps(taps: number, stride: number): string {
  const body = (halves: Halves) => `${range(taps)
    .map((tap) => `\n    ${halves(`let s${tap}_@ = v128.load(${plus('sums', tap)}, AT);`)}`)
    .join('')}${range(GROUP)
    .map((pixel) => `\n    ${halves(`const d${pixel}_@ = v128.load(${plus('dy', pixel)}, AT);`)}`)
    .join('')}
    let p = x;${range((GROUP - 1) * stride + taps)
      .map(
        (column) => `
    {
      ${halves('const v_@ = v128.load(p, AT);')}${gather(taps, stride, column)
        .map(({ sum, by }) => ({ tap: by.replace('f', 's'), pixel: sum.replace('s', 'd') }))
        .map(({ tap, pixel }) => `\n      ${halves(`${tap}_@ = madd(v_@, ${pixel}_@, ${tap}_@);`)}`)
        .join('')}
      p += pixelBytes;
    }`,
      )
      .join('')}${range(taps)
      .map((tap) => `\n    ${store(halves, plus('sums', tap), `s${tap}_`)}`)
      .join('')}`;
  const advance = (bytes: number) => `x += ${bytes}; dy += ${bytes}; sums += ${bytes};`;
  return `
export function taps${taps}x${stride}(x: usize, dy: usize, sums: usize, pixelBytes: usize, channels: i32): void {${overChannels(body, advance)}
}
`;
}

/** The loops for filters 3 and 5 wide at strides 1 and 2. */
export function generateDepthwise(): string {
  const widths = [3, 5];
  const strides = [1, 2];
  return [
    `// Generated by depthwise-template.ts.
import { clamp, madd, storeLanes, storePair, zero } from './vector';
`,
    writePixel(),
    ...[false, true].flatMap((listed) => [
      ...widths.flatMap((taps) => strides.map((stride) => writeFourPixels(taps, stride, listed))),
      ...widths.map((taps) => writeEightInputs(taps, listed)),
    ]),
    ...widths.flatMap((taps) => strides.map((stride) => writeTaps(taps, stride))),
  ].join('');
}
