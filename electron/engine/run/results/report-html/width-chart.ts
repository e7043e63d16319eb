import { html, type Markup } from './markup.ts';

const ROW = 16;
const LEFT = 200;
const WIDTH = 900;
const RIGHT = 90;

/** Draws one bar per layer: its output channels before (outline) and after pruning (fill). */
export function drawWidthChart(layers: readonly { name: string; before: number; after: number }[]): Markup {
  const widest = Math.max(1, ...layers.map((layer) => Math.max(layer.before, layer.after)));
  const scale = (channels: number): number => Math.round(((WIDTH - LEFT - RIGHT) * channels * 10) / widest) / 10;
  const height = layers.length * ROW + 4;
  return html`<figure><figcaption>${'Output channels of each student convolution, before (outline) and after pruning (fill).'}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Layer widths before and after pruning">${layers.map(
    (layer, i) => {
      const y = i * ROW + 2;
      const kept = layer.after === layer.before ? 'all kept' : `${layer.before} → ${layer.after}`;
      return html`<g><title>${layer.name}: ${layer.before} before, ${layer.after} after</title>
<text x="${LEFT - 8}" y="${y + 10}" text-anchor="end">${shorten(layer.name)}</text>
<rect class="student fill" x="${LEFT}" y="${y}" width="${scale(layer.after)}" height="${ROW - 4}"/>
<rect class="outline" x="${LEFT}" y="${y}" width="${scale(layer.before)}" height="${ROW - 4}"/>
<text class="quiet" x="${LEFT + scale(Math.max(layer.before, layer.after)) + 6}" y="${y + 10}">${kept}</text></g>`;
    },
  )}</svg></figure>`;
}

function shorten(name: string): string {
  return name.length > 30 ? `…${name.slice(-29)}` : name;
}
