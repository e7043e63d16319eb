import { describe, expect, it } from 'vitest';
import { html } from '../../../../electron/engine/run/results/report-html/markup.ts';
import { STYLE } from '../../../../electron/engine/run/results/report-html/style.ts';
import { renderReportHtml } from '../../../../electron/engine/run/results/report-html.ts';
import { type Report, reportSchema } from '../../../../shared/run/report.ts';
import { findBestCandidates } from '../../../../shared/run/search.ts';
import { createLabelFreeEpochs } from '../../../helpers/label-free-epochs.ts';
import { createMeasuredCut } from '../../../helpers/measured-cut.ts';
import { createPhoneMeasurement } from '../../../helpers/phone-measurement.ts';
import { createSampleReport } from '../../../helpers/sample-report.ts';
import { createSampleSearch } from '../../../helpers/sample-search.ts';

const HOSTILE = [
  '</title><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='x",
  '&amp;<b>',
  'a\u202eb\u0007c',
];

/** Checks that tags nest and close, and gives their names. A strict reader for the subset that we write. */
function readTags(page: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  for (const [, closing, name, attributes, selfClosing] of page.matchAll(
    /<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g,
  )) {
    if (name === undefined) continue;
    if (closing) expect(open.pop()).toBe(name);
    else {
      names.push(name);
      expect(attributes).not.toMatch(/\son\w+=/);
      if (!selfClosing && !['meta', 'br'].includes(name)) open.push(name);
    }
  }
  expect(open).toEqual([]);
  // What is left without tags holds no angle bracket.
  expect(
    page
      .replace(/<!doctype html>/, '')
      .replace(STYLE, '')
      .replace(/<\/?[a-z0-9]+(?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*\s*\/?>/g, ''),
  ).not.toMatch(/[<>]/);
  return names;
}

describe('renderReportHtml', () => {
  it('tells what phones measured, whose names are only text', () => {
    const measured = HOSTILE.map((device, i) => createPhoneMeasurement({ device, id: `${i}`.repeat(16) }));
    const page = renderReportHtml(createSampleReport(), measured);
    readTags(page);
    expect(page).toContain('<h2>On phones</h2>');
    expect(page).toMatch(/LiteRT 2\.5\.3, WebAssembly, 1 thread<\/td><td>11\.2\sms</);
    expect(renderReportHtml(createSampleReport())).not.toContain('On phones');
  });

  it('draws and lists the networks of a search, whose layers are only text', () => {
    const search = createSampleSearch({ predicts: true });
    const groups = search.groups.map((group, i) => ({ ...group, name: HOSTILE[i] ?? group.name }));
    const page = renderReportHtml({ ...createSampleReport(), search: { ...search, groups } });
    const plain = readTags(renderReportHtml(createSampleReport()));
    const tags = readTags(page);
    const rows = new Set([
      ...findBestCandidates(search, 'macs'),
      ...findBestCandidates(search, 'latencyMs'),
      search.chosen,
    ]);
    // Two charts with a point for each network, and a strip of bars for each row.
    const more = (name: string) =>
      tags.filter((tag) => tag === name).length - plain.filter((tag) => tag === name).length;
    expect(more('circle')).toBe(2 * search.candidates.length);
    expect(more('svg')).toBe(2 + rows.size);
    expect(more('rect')).toBe(rows.size * groups.length);
    expect(page).toContain(`>${search.chosen! + 1} (chosen)</th>`);
    const byMacs = renderReportHtml({ ...createSampleReport(), search: createSampleSearch() });
    expect(byMacs).not.toContain('predicted milliseconds');
  });

  it('draws the sensitivity of layers, whose names are only text', () => {
    const cut = createMeasuredCut();
    const sensitivity = cut.sensitivity!.map((each, i) => ({ ...each, layer: HOSTILE[i]! }));
    const report = createSampleReport();
    const page = renderReportHtml({ ...report, cuts: [{ ...cut, sensitivity }] });
    readTags(page);
    expect(page).toContain('<h2>Sensitivity</h2>');
    expect(page).toMatch(/−80\.0 points without 75\.0\s% of its channels/);
    expect(renderReportHtml(report)).not.toContain('Sensitivity</h2>');
  });

  it('draws what embeddings were worth before labels, apart from accuracy', () => {
    const report = createSampleReport();
    const plain = renderReportHtml(report);
    const early = [...createLabelFreeEpochs('pretrain-teacher', 4), ...createLabelFreeEpochs('pretrain-student', 2)];
    const page = renderReportHtml({ ...report, history: [...early, ...report.history] });
    expect(readTags(page).filter((name) => name === 'svg')).toHaveLength(11);
    const chart = (of: string, title: string) =>
      of.split('<figure>').find((figure) => figure.startsWith(`<figcaption>${title}<`)) ?? '';
    expect(chart(page, 'Linear probe')).toContain('Teacher: images, epoch 4: 65.0');
    expect(chart(page, 'Nearest neighbours')).toContain('Student: images, epoch 2: 60.0');
    expect(chart(page, 'Alignment')).toContain('Student: images, epoch 1: 0.4,');
    const ticks = [...chart(page, 'Alignment').matchAll(/text-anchor="end">([^<]*)</g)].map(([, tick]) => tick);
    expect(ticks).toEqual(['0', '0.1', '0.2', '0.3', '0.4', '0.5']);
    expect(chart(page, 'Uniformity')).toContain('Teacher: images, epoch 4: −2.5,');
    // Neighbours are no accuracy.
    expect(chart(page, 'Validation top-1').trim()).toBe(chart(plain, 'Validation top-1').trim());
    expect(plain).not.toContain('Linear probe');
  });

  it('is one sound page with the figures of the report, and needs nothing from outside', () => {
    const page = renderReportHtml(createSampleReport());
    const names = readTags(page);
    expect(names).not.toContain('script');
    expect(names.filter((name) => name === 'svg')).toHaveLength(7);
    expect(page).not.toMatch(/https?:|url\(|@import| style=|src=/);
    expect(page).toMatch(/default-src &#39;none&#39;; style-src &#39;sha256-[A-Za-z0-9+/]{43}=&#39;/);
    for (const text of [
      '91.9\u2009%',
      '−40.2\u2009%',
      '31.6\u2009M',
      'block4.expand',
      'a1'.repeat(32),
      'seed 1',
      '0.2, to train from scratch',
      'fp32 ONNX',
    ])
      expect(page).toContain(text);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('says whether the teacher helped, and draws the student without one with a mark of its own', () => {
    const report = createSampleReport();
    expect(renderReportHtml(report)).not.toMatch(/Did the teacher help|△/);
    const history = [
      ...report.history,
      ...report.history
        .filter(({ stage }) => stage === 'baseline')
        .map((epoch) => ({ ...epoch, stage: 'alone' as const })),
    ];
    const images = { both: 200, onlyTaught: 21, onlyAlone: 4, neither: 15 };
    const page = renderReportHtml(
      reportSchema.parse({ ...report, history, alone: { top1: 0.85, top5: 0.99, images } }),
    );
    readTags(page);
    expect(page).toContain('<h2>Did the teacher help?</h2><p><strong>Distillation helped: ');
    expect(page).toMatch(/class="baseline" [^>]*>▲ full student/);
    expect(page).toMatch(/class="baseline" [^>]*>△ without teacher/);
    expect(page.match(/class="curve baseline hollow"/g)).toHaveLength(2);
  });

  it('draws the epochs that something judged, and no others', () => {
    const report = createSampleReport();
    const history = report.history.map((epoch) =>
      epoch.stage === 'warm-up' || epoch.stage === 'teacher'
        ? { ...epoch, validationTop1: null, validationLoss: null }
        : epoch,
    );
    const page = renderReportHtml(reportSchema.parse({ ...report, history }));
    readTags(page);
    expect(page).not.toMatch(/(Teacher|Warm-up), epoch \d/);
    expect(page.match(/Prune, epoch \d/g)).toHaveLength(2 * history.filter(({ stage }) => stage === 'prune').length);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('lets no class name out of its place', () => {
    const report = createSampleReport({ classes: HOSTILE });
    const page = renderReportHtml({ ...report, dataset: { ...report.dataset, name: HOSTILE[0]! } });
    const names = readTags(page);
    for (const name of ['script', 'img', 'b']) expect(names).not.toContain(name);
    expect(page).toContain('&lt;/title&gt;&lt;script&gt;alert(1)');
    expect(page).not.toContain('\u202e');
    expect(page).not.toContain('\u0007');
  });

  const strip = (change: (report: Report) => Partial<Report>): string => {
    const report = createSampleReport();
    return renderReportHtml(reportSchema.parse({ ...report, ...change(report) }));
  };
  it.each<[string, (report: Report) => Partial<Report>]>([
    ['no history and no cuts', () => ({ history: [], cuts: [] })],
    ['one epoch', ({ history }) => ({ history: history.slice(0, 1) })],
    ['no exports, layers or CKA', () => ({ exports: [], layers: [], cka: [] })],
    [
      'an untrained baseline',
      ({ baseline, retention, confusion, perClass }) => ({
        baseline: { ...baseline, top1: null, top5: null },
        retention: { ...retention, vsBaseline: null },
        confusion: { ...confusion, baseline: null },
        perClass: perClass.map((row) => ({ ...row, baselineTop1: null })),
      }),
    ],
    [
      'a teacher that is never right',
      ({ teacher }) => ({ teacher: { ...teacher, top1: 0 }, retention: { vsTeacher: null, vsBaseline: null } }),
    ],
  ])('copes with %s', (_name, change) => {
    const page = strip(change);
    readTags(page);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it.each([1, 2, 60, 61, 1000])('copes with %i classes', (count) => {
    const classes = Array.from({ length: count }, (_, i) => `class ${i}`);
    const page = renderReportHtml(createSampleReport({ classes }));
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page.length).toBeLessThan(3_000_000);
  });
});

it('colours have AA contrast (4.5 to 1) on both papers, in both themes (WCAG 2.2, 1.4.3)', () => {
  const luminance = (color: string): number => {
    const full = color.length === 4 ? color.replace(/[0-9a-f]/g, '$&$&') : color;
    const [r, g, b] = [1, 3, 5].map((i) => {
      const channel = Number.parseInt(full.slice(i, i + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const themes = [...STYLE.matchAll(/:root \{[^}]*\}/g)].map(
    ([block]) => new Map([...block.matchAll(/--(\w+): (#\w+)/g)].map(([, name, color]) => [name!, color!])),
  );
  expect(themes).toHaveLength(2);
  for (const theme of themes)
    for (const paper of ['paper', 'panel'])
      for (const ink of ['ink', 'quiet', 'teacher', 'baseline', 'student', 'bad']) {
        const [light, dark] = [luminance(theme.get(ink)!), luminance(theme.get(paper)!)].sort((a, b) => b - a);
        expect((light! + 0.05) / (dark! + 0.05), `${ink} on ${paper}`).toBeGreaterThanOrEqual(4.5);
      }
});

it('html escapes text, lists and attributes, and keeps markup', () => {
  const link = html`<i title="${'"<>&\''}">${['<', html`<b>${1}</b>`]}</i>`;
  expect(link.text).toBe('<i title="&quot;&lt;&gt;&amp;&#39;">&lt;<b>1</b></i>');
});
