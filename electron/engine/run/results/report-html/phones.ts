import type { PhoneMeasurement } from '../../../../../shared/run/phone-measurement.ts';
import { describePhoneConventions, listPhoneFailures, listPhoneRows } from '../../../../../shared/run/phone-text.ts';
import { html, type Markup } from './markup.ts';

/** What phones measured of the exported files; empty where none did. */
export function renderPhones(phones: readonly PhoneMeasurement[]): Markup {
  if (phones.length === 0) return html``;
  const lines = [...listPhoneFailures(phones), ...describePhoneConventions(phones)];
  return html`<h2>${'On phones'}</h2><div class="scroll"><table><thead><tr><th scope="col">${'Device'}</th><th scope="col" class="words">${'File'}</th><th scope="col" class="words">${'Runtime'}</th><th scope="col">${'Latency p50'}</th><th scope="col">${'p95'}</th><th scope="col">${'FPS'}</th><th scope="col">${'Top-1 (test)'}</th><th scope="col">${'Agrees'}</th></tr></thead>
<tbody>${listPhoneRows(phones).map((row) => html`<tr><td>${row.device}</td><td class="text">${row.file}</td><td class="text">${row.runtime}</td><td>${row.p50}</td><td>${row.p95}</td><td>${row.fps}</td><td>${row.top1}</td><td>${row.agreement}</td></tr>`)}</tbody></table></div>${lines.map((line) => html`<p class="quiet">${line}</p>`)}`;
}
