import { html, type Markup } from './markup.ts';
import { listTicks } from './ticks.ts';

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  /** `best`: none is better; `chosen`: the one of all, which is labelled. */
  readonly kind: 'other' | 'best' | 'chosen';
}

const WIDTH = 500;
const HEIGHT = 260;
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 24, 20, 36];

/** Points of two quantities; the best are joined, the chosen one is larger and has a label. */
export function drawScatterChart({
  title,
  xName,
  yName,
  points,
  chosenLabel,
  formatX,
  formatY,
}: {
  title: string;
  xName: string;
  yName: string;
  points: readonly ScatterPoint[];
  chosenLabel: string;
  formatX(value: number): string;
  formatY(value: number): string;
}): Markup {
  const [left, right] = widen(points.map(({ x }) => x));
  const [low, high] = widen(points.map(({ y }) => y));
  const x = (value: number) => round(LEFT + ((WIDTH - LEFT - RIGHT) * (value - left)) / (right - left));
  const y = (value: number) => round(HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (value - low)) / (high - low));
  const best = points.filter(({ kind }) => kind !== 'other').sort((a, b) => a.x - b.x || a.y - b.y);
  const front = best.filter(({ y: height }, i) => best.slice(0, i).every((other) => other.y < height));
  const path = front.map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.x)} ${y(point.y)}`).join('');
  return html`<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${listTicks(low, high).map((tick) => html`<path class="rule" d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}"/><text class="quiet" x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${formatY(tick)}</text>`)}
${listTicks(left, right).map((tick) => html`<text class="quiet" x="${x(tick)}" y="${HEIGHT - BOTTOM + 15}" text-anchor="middle">${formatX(tick)}</text>`)}
<text class="quiet" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${xName}</text>
<text class="quiet" x="${LEFT}" y="${TOP - 6}">${yName}</text>
<path class="curve student" d="${path}"/>
${[...points].sort((a, b) => Number(a.kind !== 'other') - Number(b.kind !== 'other')).map((point) => drawPoint(point, x(point.x), y(point.y), chosenLabel))}
</svg></figure>`;
}

function drawPoint({ kind, title }: ScatterPoint, cx: number, cy: number, label: string): Markup {
  const look = kind === 'other' ? 'student hollow' : 'student';
  const dot = html`<circle class="${look}" cx="${cx}" cy="${cy}" r="${kind === 'chosen' ? 5 : 2.5}"><title>${title}</title></circle>`;
  if (kind !== 'chosen') return dot;
  const near = cx > WIDTH - RIGHT - 90;
  return html`${dot}<text class="student" x="${near ? cx - 9 : cx + 9}" y="${cy + 14}" text-anchor="${near ? 'end' : 'start'}">${label}</text>`;
}

/** From the least to the most, with room around. */
function widen(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1e-6, (most - least) * 0.05);
  return [least - room, most + room];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
