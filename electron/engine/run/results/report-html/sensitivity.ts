import type { Report } from '../../../../../shared/run/report.ts';
import { arrangeSensitivity, listMeasuredCuts } from '../../../../../shared/run/sensitivity.ts';
import { formatPoints, formatShare } from '../../../../../shared/text/format.ts';
import { word } from '../../../../../shared/text/language.ts';
import { drawHeatMap } from './heat-map.ts';
import { html, type Markup } from './markup.ts';

/** What each layer's channels were worth before the first cut that was preceded by measuring; empty where none was. */
export function renderSensitivity({ cuts }: Report): Markup {
  const cut = listMeasuredCuts(cuts)[0];
  const map = cut && arrangeSensitivity(cut.sensitivity);
  if (!map) return html``;
  const worst = Math.max(0.01, ...map.drops.flat().map((drop) => drop ?? 0));
  return html`<h2>${'Sensitivity'}</h2><p class="quiet">${`Accuracy lost before cut ${cut.cut} without the least important channels of one layer, all other layers whole and nothing trained since, on training images, of which the student had ${formatShare(map.top1)} right.`}</p>${drawHeatMap(
    {
      title: 'Top-1 lost',
      rowName: word('share of channels removed'),
      columnName: word('layers'),
      rows: map.shares.map((share) => formatShare(share)),
      columns: map.layers,
      cells: map.drops.map((line, row) =>
        line.map((drop, column) => {
          if (drop === null) return null;
          const title = `${map.layers[column]}: ${formatPoints(-drop)} without ${formatShare(map.shares[row]!)} of its channels`;
          return { share: Math.max(0, drop) / worst, tone: 'bad', text: '', title };
        }),
      ),
    },
  )}`;
}
