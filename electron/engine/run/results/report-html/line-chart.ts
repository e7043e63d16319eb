import type { Role } from '../../../../../shared/run/roles.ts';
import { html, type Markup } from './markup.ts';
import { listTicks } from './ticks.ts';

export interface Series {
  /** Decides colour and the shape of its points. */
  role: Role;
  /** Dashed, with hollow points: tells two networks of one role apart. */
  hollow: boolean;
  label: string;
  points: readonly { x: number; y: number; title: string }[];
}

const WIDTH = 500;
const HEIGHT = 260;
const LEFT = 44;
const RIGHT = 118;
const TOP = 20;
const BOTTOM = 36;

/** Curves over epochs, each labelled at its end; `marks` are vertical lines with a name. */
export function drawLineChart({
  title,
  xName,
  yName,
  series,
  marks = [],
  yRange,
  formatY,
}: {
  title: string;
  xName: string;
  yName: string;
  series: readonly Series[];
  marks?: readonly { x: number; name: string }[];
  yRange?: readonly [number, number];
  formatY(value: number): string;
}): Markup {
  const points = series.flatMap((line) => line.points);
  if (points.length === 0) return html`<p class="quiet">${`${title}: nothing was trained.`}</p>`;
  const lastX = Math.max(1, ...points.map((point) => point.x));
  const [low, high] = yRange ?? chooseRange(points.map((point) => point.y));
  const x = (value: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * value) / lastX;
  const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (value - low)) / (high - low);
  const yTicks = listTicks(low, high);
  const xTicks = listEpochs(lastX);
  const labels = placeLabels(series.map((line) => y(line.points.at(-1)?.y ?? low)));

  return html`<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${yTicks.map((tick) => html`<path class="rule" d="M${LEFT} ${round(y(tick))}H${WIDTH - RIGHT}"/><text class="quiet" x="${LEFT - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${formatY(tick)}</text>`)}
${xTicks.map((tick) => html`<text class="quiet" x="${round(x(tick))}" y="${HEIGHT - BOTTOM + 15}" text-anchor="middle">${tick}</text>`)}
<text class="quiet" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${xName}</text>
<text class="quiet" x="${LEFT}" y="${TOP - 4}">${yName}</text>
${marks.map((mark) => html`<path class="rule cut" d="M${round(x(mark.x))} ${TOP}V${HEIGHT - BOTTOM}"><title>${mark.name}</title></path>`)}
${series.map((line, i) => drawSeries(line, x, y, labels[i]!))}
</svg></figure>`;
}

function drawSeries(line: Series, x: (value: number) => number, y: (value: number) => number, labelY: number): Markup {
  if (line.points.length === 0) return html``;
  const path = line.points
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${round(x(point.x))} ${round(y(point.y))}`)
    .join('');
  const look = line.hollow ? `${line.role} hollow` : line.role;
  return html`<path class="curve ${look}" d="${path}"/>${line.points.map((point) => drawPoint(line.role, look, [x(point.x), y(point.y)], point.title))}<text class="${line.role}" x="${WIDTH - RIGHT + 8}" y="${round(labelY + 4)}">${line.label}</text>`;
}

/** A square, a triangle or a circle: roles are told apart without colour too. */
function drawPoint(role: Role, look: string, [x, y]: readonly [number, number], title: string): Markup {
  const [cx, cy] = [round(x), round(y)];
  if (role === 'student')
    return html`<circle class="${look}" cx="${cx}" cy="${cy}" r="2.5"><title>${title}</title></circle>`;
  const path = role === 'teacher' ? `M${round(x - 2.5)} ${round(y - 2.5)}h5v5h-5z` : `M${cx} ${round(y - 3)}l3 5.5h-6z`;
  return html`<path class="${look}" d="${path}"><title>${title}</title></path>`;
}

/** Moves labels apart where they would cover each other, in the order of their heights. */
function placeLabels(heights: readonly number[]): number[] {
  const placed = [...heights];
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  for (let i = 1; i < order.length; i++) placed[order[i]!] = Math.max(placed[order[i]!]!, placed[order[i - 1]!]! + 14);
  const excess = Math.max(0, (placed[order.at(-1) ?? 0] ?? 0) - (HEIGHT - BOTTOM));
  return placed.map((height) => height - excess);
}

function chooseRange(values: readonly number[]): [number, number] {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(...finite, low + 1e-6);
  const step = 10 ** Math.floor(Math.log10(high - low)) / 2;
  return [low, Math.ceil(high / step) * step];
}

function listEpochs(last: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => last / size <= 8) ?? Math.ceil(last / 8);
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
