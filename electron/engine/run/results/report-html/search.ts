import type { Report } from '../../../../../shared/run/report.ts';
import {
  findBestCandidates,
  listSearchCosts,
  listWidthShares,
  type Search,
  type SearchCost,
} from '../../../../../shared/run/search.ts';
import { formatCount, formatMilliseconds, formatPlural, formatShare } from '../../../../../shared/text/format.ts';
import { word } from '../../../../../shared/text/language.ts';
import { html, type Markup } from './markup.ts';
import { drawScatterChart } from './scatter-chart.ts';

const X_NAMES: Readonly<Record<SearchCost, string>> = { macs: 'MACs', latencyMs: 'predicted milliseconds' };
const FORMATS: Readonly<Record<SearchCost, (value: number) => string>> = {
  macs: formatCount,
  latencyMs: formatMilliseconds,
};

/** What a search has judged, drawn and listed; empty where there was none. */
export function renderSearch({ search }: Report): Markup {
  if (!search) return html``;
  const { candidates, images, policy } = search;
  const costs = listSearchCosts(search);
  const how = policy === 'random' ? 'drawn by chance' : 'proposed by evolution';
  return html`<h2>${'Search'}</h2><p class="quiet">${`${formatPlural(candidates.length, 'network')} ${how}, each a part of the student that shares its weights, judged on ${formatPlural(images, 'validation image')} of their own before any training by itself. Filled: those that no other beats. The chosen one is the best within the budget.`}</p>
<div class="grid halves">${costs.map((cost) => draw(search, cost))}</div>${list(search)}`;
}

function draw(search: Search, cost: SearchCost): Markup {
  const best = new Set(findBestCandidates(search, cost));
  return drawScatterChart({
    title: `Top-1 of the search against ${X_NAMES[cost]}`,
    xName: X_NAMES[cost],
    yName: 'top-1',
    chosenLabel: word('chosen'),
    formatX: FORMATS[cost],
    formatY: (value) => `${Math.round(1000 * value) / 10} %`,
    points: search.candidates.map((candidate, place) => ({
      x: candidate[cost] ?? 0,
      y: candidate.top1,
      kind: place === search.chosen ? 'chosen' : best.has(place) ? 'best' : 'other',
      title: `Network ${place + 1}: ${formatShare(candidate.top1)}, ${FORMATS[cost](candidate[cost] ?? 0)}`,
    })),
  });
}

/** The best networks of each cost and the chosen one, by their MACs. */
function list(search: Search): Markup {
  const predicts = listSearchCosts(search).includes('latencyMs');
  const places = new Set(listSearchCosts(search).flatMap((cost) => findBestCandidates(search, cost)));
  if (search.chosen !== null) places.add(search.chosen);
  const rows = [...places].map((place) => ({ place, candidate: search.candidates[place]! }));
  rows.sort((a, b) => a.candidate.macs - b.candidate.macs);
  return html`<div class="scroll"><table><thead><tr><th scope="col">${'Network'}</th><th scope="col">${'Top-1'}</th><th scope="col">MACs</th><th scope="col">${'Parameters'}</th>${predicts ? html`<th scope="col">${'Predicted'}</th>` : ''}<th scope="col" class="words">${'Widths'}</th></tr></thead>
<tbody>${rows.map(
    ({ place, candidate }) =>
      html`<tr><th scope="row">${place + 1}${place === search.chosen ? ` (${word('chosen')})` : ''}</th><td>${formatShare(candidate.top1)}</td><td>${formatCount(candidate.macs)}</td><td>${formatCount(candidate.parameters)}</td>${predicts ? html`<td>${formatMilliseconds(candidate.latencyMs ?? 0)}</td>` : ''}<td class="words">${drawStrip(search, place)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** A bar for each group of channels: how many of them are left. */
function drawStrip(search: Search, place: number): Markup {
  const candidate = search.candidates[place]!;
  const shares = listWidthShares(search, candidate);
  const width = 5 * shares.length;
  const label = shares.map((share, i) => `${search.groups[i]!.name} ${candidate.widths[i]} (${formatShare(share)})`);
  return html`<svg class="natural" viewBox="0 0 ${width} 20" width="${width}" height="20" role="img" aria-label="${`Widths of network ${place + 1}`}">${shares.map(
    (share, i) =>
      html`<rect class="student fill" x="${5 * i}" y="${Math.round(10 * (20 - 20 * share)) / 10}" width="4" height="${Math.round(200 * share) / 10}"><title>${label[i]!}</title></rect>`,
  )}</svg>`;
}
