import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildApp } from '../../build/build-app.ts';
import { DIST } from '../../build/files.ts';
import { renderReportHtml } from '../../electron/engine/run/results/report-html.ts';
import type { Language } from '../../shared/text/language.ts';
import { createSampleReport } from '../helpers/sample-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'decant-languages-'));
const report = createSampleReport();
beforeAll(() => buildApp().then(() => undefined), 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The report as the built app's engine writes it when it was started in a language. */
async function renderIn(language: Language | undefined): Promise<string> {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(report));
  const script = `
    import { readFileSync } from 'node:fs';
    import { renderReportHtml } from ${JSON.stringify(join(DIST, 'electron/engine/run/results/report-html.js'))};
    process.stdout.write(renderReportHtml(JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8'))));`;
  const env = { ...process.env, DECANT_LANGUAGE: language };
  const args = ['--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, args, { env, maxBuffer: 1e8 })).stdout;
}

it('the built engine writes what the sources write, unless it is started in another language', async () => {
  const english = renderReportHtml(report);
  expect(await renderIn(undefined)).toBe(english);
  expect(await renderIn('en')).toBe(english);
});

it('the built engine writes reports in Chinese, with the same figures', async () => {
  const english = renderReportHtml(report);
  const chinese = await renderIn('zh-CN');
  expect(chinese).toContain('<html lang="zh-CN">');
  for (const text of ['对比', '训练', '各层宽度', '教师网络', '验证 top-1']) expect(chinese).toContain(text);
  const words = (html: string) =>
    html.replace(/<style>[\s\S]*?<\/style>|<pre>[\s\S]*?<\/pre>|<ul>[\s\S]*?<\/ul>/g, '').replace(/<[^>]+>/g, ' ');
  const shares = (html: string) => (words(html).match(/\d+\.\d\u2009%/g) ?? []).sort();
  expect(shares(chinese)).toEqual(shares(english));
  for (const text of [
    'Comparison',
    'Difference',
    'Layer widths',
    'Test images',
    'How this was measured',
    'Feature similarity',
  ])
    expect(words(chinese)).not.toContain(text);
});
