import { createHash } from 'node:crypto';
import type { PhoneMeasurement } from '../../../../shared/run/phone-measurement.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { formatDuration } from '../../../../shared/text/format.ts';
import { readLanguage } from '../../core/language.ts';
import { html, raw } from './report-html/markup.ts';
import { renderPhones } from './report-html/phones.ts';
import { renderSearch } from './report-html/search.ts';
import {
  renderCards,
  renderCircumstances,
  renderCka,
  renderClasses,
  renderComparison,
  renderConfusion,
  renderDistillation,
  renderExports,
  renderHardest,
  renderTraining,
  renderVerdict,
  renderWidths,
} from './report-html/sections.ts';
import { renderSensitivity } from './report-html/sensitivity.ts';
import { STYLE } from './report-html/style.ts';

/**
 * A report as one HTML file that needs nothing else: style and charts (SVG) inside, no scripts. Its content security
 * policy allows that one style and nothing more, so that a class name can do no harm even if it got through escaping.
 *
 * @param phones what phones measured of the run's files, if any
 */
export function renderReportHtml(report: Report, phones: readonly PhoneMeasurement[] = []): string {
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="${readLanguage()}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="Decant ${report.decant}">
<title>${report.dataset.name} · Decant</title><style>${raw(STYLE)}</style></head><body><main>
<h1>${report.dataset.name}</h1><p class="quiet">${`Compressed by Decant on ${report.createdAt.slice(0, 16).replace('T', ' ')} UTC in ${formatDuration(report.timing.totalMs)}; run ${report.run}.`}</p>
${renderVerdict(report)}${renderCards(report)}${renderComparison(report)}${renderDistillation(report)}${renderTraining(report)}${renderSearch(report)}${renderWidths(report)}${renderSensitivity(report)}${renderClasses(report)}${renderHardest(report)}${renderConfusion(report)}${renderCka(report)}${renderExports(report)}${renderPhones(phones)}${renderCircumstances(report)}
</main></body></html>
`.text;
}
