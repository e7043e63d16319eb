import type { Role } from '../../../../../shared/run/roles.ts';
import { html, type Markup } from './markup.ts';

export interface Cell {
  /** Strength of the colour, 0 to 1. */
  share: number;
  /** Colour: that of the network shown, or of what got worse. */
  tone: Role | 'bad';
  text: string;
  title: string;
  outlined?: boolean;
}

/** A matrix of coloured cells; `cells[row][column]`, null where there is nothing. */
export function drawHeatMap({
  title,
  rowName,
  columnName,
  rows,
  columns,
  cells,
}: {
  title: string;
  rowName: string;
  columnName: string;
  rows: readonly string[];
  columns: readonly string[];
  cells: readonly (readonly (Cell | null)[])[];
}): Markup {
  const size = Math.max(6, Math.min(34, 400 / Math.max(rows.length, columns.length)));
  const named = size >= 11;
  const [left, top] = named ? [112, 92] : [20, 20];
  const [width, height] = [left + columns.length * size + 30, top + rows.length * size + 22];
  const center = (i: number): number => round((i + 0.5) * size);
  return html`<figure><figcaption>${title}</figcaption><svg class="natural" width="${round(width)}" viewBox="0 0 ${round(width)} ${round(height)}" role="img" aria-label="${title}">
${named ? rows.map((name, i) => html`<text x="${left - 6}" y="${top + center(i) + 4}" text-anchor="end"><title>${name}</title>${shorten(name)}</text>`) : ''}
${named ? columns.map((name, i) => html`<text transform="translate(${left + center(i) + 3} ${top - 6}) rotate(-50)"><title>${name}</title>${shorten(name)}</text>`) : ''}
${cells.map((line, row) => line.map((cell, column) => drawCell(cell, round(left + column * size), round(top + row * size), round(size))))}
<text class="quiet" x="${left}" y="${round(height - 6)}">${`rows: ${rowName}; columns: ${columnName}`}</text></svg></figure>`;
}

function drawCell(cell: Cell | null, x: number, y: number, size: number): Markup {
  if (!cell) return html`<rect class="cell empty" x="${x}" y="${y}" width="${size}" height="${size}"/>`;
  const strength = Math.min(1, Math.max(0, cell.share));
  const label =
    size >= 17 && cell.text !== ''
      ? html`<text class="${strength > 0.62 ? 'on' : 'off'}" x="${round(x + size / 2)}" y="${round(y + size / 2 + 4)}" text-anchor="middle">${cell.text}</text>`
      : '';
  const outline = cell.outlined
    ? html`<rect class="distilled" x="${x + 1}" y="${y + 1}" width="${size - 2}" height="${size - 2}"/>`
    : '';
  return html`<g><title>${cell.title}</title><rect class="cell empty" x="${x}" y="${y}" width="${size}" height="${size}"/><rect class="${cell.tone} fill" fill-opacity="${round(strength * 100) / 100}" x="${x}" y="${y}" width="${size}" height="${size}"/>${label}${outline}</g>`;
}

/** Without its middle: classes often differ in their last word. */
function shorten(name: string): string {
  const characters = [...name];
  return characters.length > 15 ? `${characters.slice(0, 7).join('')}…${characters.slice(-7).join('')}` : name;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
