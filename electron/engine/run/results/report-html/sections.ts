import { nameArchitecture } from '../../../../../shared/run/architectures.ts';
import { describeGroups } from '../../../../../shared/run/class-groups.ts';
import { explainClipNorm } from '../../../../../shared/run/clip-norm.ts';
import { describeDistillation } from '../../../../../shared/run/distillation-effect.ts';
import { describeVerification } from '../../../../../shared/run/export-files.ts';
import { explainLearningRate } from '../../../../../shared/run/learning-rate.ts';
import type { EmbeddingFigures, EpochMetrics, Report } from '../../../../../shared/run/report.ts';
import { listHeadlines } from '../../../../../shared/run/report-headlines.ts';
import { listComparisonRows } from '../../../../../shared/run/report-rows.ts';
import { ROLE_NAMES, ROLES, type Role } from '../../../../../shared/run/roles.ts';
import { findLine, LINE_NAMES, LINES, type Line, STAGES } from '../../../../../shared/run/stages.ts';
import { judge } from '../../../../../shared/run/verdict.ts';
import { writeStored } from '../../../../../shared/stored/form.ts';
import { RECIPE_FORM } from '../../../../../shared/stored/recipe-form.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumber,
  formatPlural,
  formatPoints,
  formatShare,
} from '../../../../../shared/text/format.ts';
import { word } from '../../../../../shared/text/language.ts';
import { type Cell, drawHeatMap } from './heat-map.ts';
import { drawLineChart, type Series } from './line-chart.ts';
import { html, type Markup } from './markup.ts';
import { drawWidthChart } from './width-chart.ts';

/** The most classes for which a confusion matrix stays readable. */
const MOST_CLASSES_DRAWN = 60;

/** Marks that tell networks apart without colour, like the points of curves; those of the window. */
const MARKS: Readonly<Record<Role, string>> = { teacher: '■', baseline: '▲', student: '●' };
/** The same for what is trained; one whose mark is hollow is drawn so. */
const LINE_MARKS: Readonly<Record<Line, string>> = {
  'pretrain-teacher': '□',
  teacher: MARKS.teacher,
  'pretrain-student': '○',
  student: MARKS.student,
  baseline: MARKS.baseline,
  alone: '△',
};
const ROLE_HEADS = ROLE_NAMES.map(
  (role) => html`<th scope="col" class="${role}">${MARKS[role]} ${ROLES[role].title}</th>`,
);

/** Whether the student can be used, and why. */
export function renderVerdict(report: Report): Markup {
  const { tone, title, reasons } = judge(report);
  return html`<section class="verdict ${tone}"><h2>${title}</h2>${reasons.map((reason) => html`<p>${reason}</p>`)}</section>`;
}

/** The four numbers that show whether the compression was worth it. */
export function renderCards(report: Report): Markup {
  return html`<div class="cards">${listHeadlines(report).map(
    ({ title, value, convention, change, certainty }) =>
      html`<section class="card"><h3>${title}</h3><div class="number">${value}</div>${[convention, change, certainty].map((line) => html`<p class="quiet">${line}</p>`)}</section>`,
  )}</div>`;
}

export function renderComparison(report: Report): Markup {
  const rows = listComparisonRows(report);
  return html`<h2>${'Comparison'}</h2><div class="scroll"><table><thead><tr><th scope="col"></th>${ROLE_HEADS}<th scope="col" class="words">${'Difference'}</th></tr></thead>
<tbody>${rows.map((row) => html`<tr><th scope="row">${row.title}</th>${ROLE_NAMES.map((role) => html`<td>${row[role]}</td>`)}<td class="words">${row.difference}</td></tr>`)}</tbody></table></div>`;
}

/** Whether the student was better for its teacher; empty where the run does not tell. */
export function renderDistillation(report: Report): Markup {
  const effect = describeDistillation(report);
  if (!effect) return html``;
  const { sentence, advice, basis } = effect;
  return html`<h2>${'Did the teacher help?'}</h2><p><strong>${sentence}</strong>${advice === null ? '' : ` ${advice}`}</p><p class="quiet">${basis}</p>`;
}

export function renderTraining({ history, cuts, dataset }: Report): Markup {
  type Read = (metrics: EpochMetrics) => number | null;
  const pick = (line: Line, read: Read, show: (value: number) => string): Series => ({
    role: LINES[line].role,
    hollow: LINE_MARKS[line] !== MARKS[LINES[line].role],
    label: `${LINE_MARKS[line]} ${LINES[line].title.toLowerCase()}`,
    points: history
      .filter(({ stage }) => findLine(stage) === line)
      .sort((a, b) => a.epoch - b.epoch)
      .flatMap((metrics) => {
        const { stage, epoch, macs } = metrics;
        const y = read(metrics);
        const title = (value: number) =>
          `${STAGES[stage].title}, epoch ${epoch + 1}: ${show(value)}, ${formatCount(macs)} MACs`;
        return y === null ? [] : { x: epoch + 1, y, title: title(y) };
      }),
  });
  const draw = (read: Read, show: (value: number) => string): Series[] =>
    LINE_NAMES.map((line) => pick(line, read, show)).filter(({ points }) => points.length > 0);
  const marks = cuts.map((cut) => ({
    x: cut.epoch + 1,
    name: `cut ${cut.cut}: ${formatCount(cut.macsBefore)} to ${formatCount(cut.macsAfter)} MACs`,
  }));
  const xName = 'epoch of each network’s training';
  return html`<h2>${'Training'}</h2><p class="quiet">${`On the ${formatPlural(dataset.images.validation, 'image')} of the validation split, after each epoch. Dashed lines mark epochs with a cut. The full student shares the warm-up of the compressed student and branches off where its curve starts.`}</p><div class="grid">
${drawLineChart({ title: 'Validation top-1', xName, yName: 'top-1', series: draw((m) => (m.embedding ? null : m.validationTop1), formatShare), marks, yRange: [0, 1], formatY: (value) => `${Math.round(100 * value)} %` })}
${drawLineChart({
  title: 'Validation loss (cross-entropy)',
  xName,
  yName: 'loss',
  series: draw(
    (m) => m.validationLoss,
    (value) => formatNumber(value),
  ),
  marks,
  formatY: (value) => formatNumber(value, 3),
})}</div>${renderBeforeLabels(history, draw)}`;
}

/** What networks were worth that had learned without labels; empty where none had. */
function renderBeforeLabels(
  history: Report['history'],
  draw: (read: (metrics: EpochMetrics) => number | null, show: (value: number) => string) => Series[],
): Markup {
  if (history.every(({ embedding }) => embedding === null)) return html``;
  const chart = (title: string, figure: keyof EmbeddingFigures, yRange: readonly [number, number] | null): Markup => {
    const isShare = figure === 'neighbours' || figure === 'probe';
    const series = draw(({ embedding }) => embedding?.[figure] ?? null, isShare ? formatShare : (y) => formatNumber(y));
    return drawLineChart({
      title,
      xName: 'epoch of each network’s training',
      yName: '',
      series: series.map((line) => ({
        ...line,
        label: line.role === 'teacher' ? `□ ${word('teacher')}` : `○ ${word('student')}`,
      })),
      ...(yRange && { yRange }),
      formatY: (value) => (isShare ? `${Math.round(100 * value)} %` : formatNumber(value, 6)),
    });
  };
  return html`<h3>${'Before labels'}</h3><p class="quiet">${'Networks that learn without labels have no classifier. Their embeddings of the validation images are judged: how many images their nearest labelled training images, or a linear classifier fitted to these, put into the right class; how far two views of an image lie apart (alignment); and how evenly images are spread (uniformity, from 0 down to −4).'}</p><div class="grid">
${chart('Nearest neighbours', 'neighbours', [0, 1])}
${chart('Linear probe', 'probe', [0, 1])}
${chart('Alignment', 'alignment', null)}
${chart('Uniformity', 'uniformity', [-4, 0])}</div>`;
}

export function renderWidths({ layers }: Report): Markup {
  if (layers.length === 0) return html``;
  return html`<h2>${'Layer widths'}</h2>${drawWidthChart(layers)}`;
}

export function renderClasses({ perClass }: Report): Markup {
  const lost = (row: Report['perClass'][number]): number => (row.top1 ?? 0) - (row.teacherTop1 ?? 0);
  const rows = [...perClass].sort((a, b) => lost(a) - lost(b));
  return html`<h2>${'Classes'}</h2><div class="scroll"><table><caption>${'Top-1 on the test split. Classes that lost most compared with the teacher come first.'}</caption><thead><tr><th scope="col">${'Class'}</th><th scope="col">${'Test images'}</th>${ROLE_HEADS}<th scope="col">${'vs teacher'}</th></tr></thead>
<tbody>${rows.map((row) => html`<tr><td>${row.name}</td><td>${formatNumber(row.images, 15)}</td><td>${formatShare(row.teacherTop1)}</td><td>${formatShare(row.baselineTop1)}</td><td>${formatShare(row.top1)}</td><td class="${lost(row) < 0 ? 'lost' : 'kept'}">${row.top1 === null || row.teacherTop1 === null ? '–' : formatPoints(lost(row))}</td></tr>`)}</tbody></table></div>`;
}

export function renderHardest({ hardestImages }: Report): Markup {
  if (hardestImages.length === 0) return html``;
  const list = (weights: Report['hardestImages'][number]['weights']): string =>
    weights.map(({ epoch, weight }) => `${epoch + 1}: ${formatNumber(weight, 2)}`).join(', ');
  return html`<h2>${'Hardest training images'}</h2><div class="scroll"><table><caption>${'Training images with the largest cross-entropy in the student’s last epoch; wrong labels are often among them. The last column has, by epoch, how much the teacher’s answers counted.'}</caption><thead><tr><th scope="col">${'Image'}</th><th scope="col">${'Class'}</th><th scope="col">${'Loss'}</th><th scope="col">${'Weight by epoch'}</th></tr></thead>
<tbody>${hardestImages.map((row) => html`<tr><td>${row.path}</td><td>${row.class}</td><td>${formatNumber(row.loss, 3)}</td><td>${list(row.weights)}</td></tr>`)}</tbody></table></div>`;
}

export function renderConfusion({ confusion, dataset }: Report): Markup {
  const { classes } = dataset;
  const head = html`<h2>${'Confusion'}</h2>`;
  if (classes.length > MOST_CLASSES_DRAWN)
    return html`${head}<p>${`With ${formatPlural(classes.length, 'class', 'classes')}, the matrix is too large to show here. See report.json.`}</p>${renderMistakes(confusion.student, classes)}`;
  const draw = (title: string, read: (row: number, column: number) => Cell | null): Markup =>
    drawHeatMap({
      title,
      rowName: 'true class',
      columnName: 'predicted class',
      rows: classes,
      columns: classes,
      cells: classes.map((_, row) => classes.map((_, column) => read(row, column))),
    });
  const name = (row: number, column: number): string => `${classes[row]} mistaken for ${classes[column]}`;
  const show =
    (matrix: number[][], tone: Cell['tone']) =>
    (row: number, column: number): Cell | null => {
      const count = matrix[row]?.[column] ?? 0;
      if (count === 0) return null;
      return {
        share: count / sum(matrix[row]!),
        tone,
        text: String(count),
        title: `${name(row, column)}: ${count} of ${sum(matrix[row]!)}`,
      };
    };
  const difference = (row: number, column: number): Cell | null => {
    const change = (confusion.student[row]?.[column] ?? 0) - (confusion.teacher[row]?.[column] ?? 0);
    if (change === 0) return null;
    const better = row === column ? change > 0 : change < 0;
    const text = `${change > 0 ? '+' : '−'}${Math.abs(change)}`;
    const total = Math.max(1, sum(confusion.student[row] ?? []));
    return {
      share: Math.min(0.6, (3 * Math.abs(change)) / total),
      tone: better ? 'student' : 'bad',
      text,
      title: `${name(row, column)}: ${text}`,
    };
  };
  return html`${head}<p class="quiet">${'Number of test images. The shade of a cell shows its share of its row.'}</p><div class="grid wide">
${draw(ROLES.teacher.title, show(confusion.teacher, 'teacher'))}${draw(ROLES.student.title, show(confusion.student, 'student'))}${draw('Difference: compressed student − teacher (green: better, red: worse)', difference)}</div>${renderMistakes(confusion.student, classes)}`;
}

function renderMistakes(matrix: readonly (readonly number[])[], classes: readonly string[]): Markup {
  const mistakes = matrix
    .flatMap((line, row) => line.map((count, column) => ({ row, column, count })))
    .filter(({ row, column, count }) => row !== column && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 8);
  if (mistakes.length === 0) return html``;
  return html`<h3>${'Most frequent mistakes of the compressed student'}</h3><ul>${mistakes.map(({ row, column, count }) => html`<li>${`${classes[row] ?? row} mistaken for ${classes[column] ?? column}: ${formatPlural(count, 'image')}`}</li>`)}</ul>`;
}

export function renderCka({ cka }: Report): Markup {
  if (cka.length === 0) return html``;
  const teacher = [...new Set(cka.map((pair) => pair.teacher))];
  const student = [...new Set(cka.map((pair) => pair.student))];
  const cells = teacher.map((row) =>
    student.map((column): Cell | null => {
      const pair = cka.find((candidate) => candidate.teacher === row && candidate.student === column);
      return (
        (pair && {
          share: pair.value,
          tone: 'student' as const,
          text: pair.value.toFixed(2),
          title: `${row} and ${column}: ${pair.value.toFixed(4)}${pair.distilled ? word(', distilled') : ''}`,
          outlined: pair.distilled,
        }) ??
        null
      );
    }),
  );
  const distilled = cka.filter((pair) => pair.distilled);
  const listed = distilled.length > 0 ? distilled : cka;
  const rows = html`<table><thead><tr><th scope="col">${'Teacher'}</th><th scope="col" class="words">${'Compressed student'}</th><th scope="col">${'CKA'}</th></tr></thead><tbody>${listed.map((pair) => html`<tr><td>${pair.teacher}</td><td class="text">${pair.student}${pair.distilled ? word(' (distilled)') : ''}</td><td>${pair.value.toFixed(2)}</td></tr>`)}</tbody></table>`;
  const map = drawHeatMap({
    title: 'Linear CKA of feature maps',
    rowName: word('teacher'),
    columnName: word('student'),
    rows: teacher,
    columns: student,
    cells,
  });
  return html`<h2>${'Feature similarity'}</h2><p class="quiet">${'Linear centred kernel alignment (CKA; Kornblith et al. 2019) on the test split. 1 means identical up to rotation and scale. Distilled pairs are outlined.'}</p><div class="grid">${map}<div class="scroll">${rows}</div></div>`;
}

export function renderExports({ exports, recipe }: Report): Markup {
  if (exports.length === 0)
    return html`<h2>${'Exports'}</h2><p>${`No exports were requested ("export.formats" is ${JSON.stringify(recipe.export.formats)}).`}</p>`;
  return html`<h2>${'Exports'}</h2><div class="scroll"><table><thead><tr><th scope="col">${'File'}</th><th scope="col">${'Format'}</th><th scope="col">${'Size'}</th><th scope="col">${'Top-1 (test)'}</th><th scope="col">${'Largest logit difference'}</th><th scope="col">${'Logit range'}</th><th scope="col">${'Latency p50'}</th><th scope="col" class="words">${'Verified'}</th></tr></thead>
<tbody>${exports.map((file) => html`<tr><td>${file.file}<br><code class="quiet">sha256 ${file.sha256}</code></td><td>${file.format} ${file.precision}</td><td>${formatBytes(file.bytes)}</td><td>${formatShare(file.top1)}${file.groups.length > 0 ? html`<br><span class="quiet">${describeGroups(file.groups)}</span>` : ''}</td><td>${file.maxAbsDifference.toExponential(1)}</td><td>${formatNumber(file.logitsRange, 3)}</td><td>${file.latencyMs === null ? '–' : formatMilliseconds(file.latencyMs.p50)}</td><td class="text">${describeVerification(file, formatPlural(file.images, 'test image'))}</td></tr>`)}</tbody></table></div>`;
}

export function renderCircumstances(report: Report): Markup {
  const { machine, backend, timing, dataset, recipe } = report;
  const facts: [string, string][] = [
    [
      'Dataset',
      `${dataset.name}: ${formatPlural(dataset.classes.length, 'class', 'classes')}; ${dataset.images.train} training, ${dataset.images.validation} validation and ${dataset.images.test} test images; ${dataset.broken} unreadable`,
    ],
    ...(dataset.images.unlabelled > 0
      ? [['Images without labels', formatNumber(dataset.images.unlabelled, 15)] as [string, string]]
      : []),
    [
      'Teacher and student',
      `${nameArchitecture(recipe.teacher.architecture)} and ${nameArchitecture(recipe.student.architecture)} at ${report.student.inputSize} × ${report.student.inputSize} pixels`,
    ],
    ['Peak learning rate, for a batch of 128', explainLearningRate(recipe)],
    ['Largest norm of the gradients', explainClipNorm(recipe)],
    [
      'Back end',
      `${backend.name} on ${backend.device}, ${formatPlural(backend.threads, 'thread')} (${backend.reason})${describePrecision(report)}`,
    ],
    [
      'Machine',
      `${machine.cpu}, ${formatPlural(machine.cores, 'core')}, ${formatBytes(machine.memoryBytes)}, ${machine.platform}, Node ${machine.node}`,
    ],
    [
      'Time',
      `${formatDuration(timing.totalMs)}: ${timing.stages.map(({ stage, elapsedMs }) => `${STAGES[stage].title} ${formatDuration(elapsedMs)}`).join(', ')}; resumed ${formatPlural(timing.resumes, 'time')}`,
    ],
    [
      'Peak memory of the run',
      `${formatBytes(report.peakMemoryBytes)}, resident${report.sessions.length > 1 ? `, highest of ${report.sessions.length} processes` : ''}`,
    ],
    ['Run', `${report.run}, seed ${report.seed}, ${report.createdAt}, Decant ${report.decant}`],
  ];
  return html`<h2>${'How this was measured'}</h2><table><tbody>${facts.map(([name, text]) => html`<tr><th scope="row">${name}</th><td class="text">${text}</td></tr>`)}</tbody></table>
${report.notes.map((note) => html`<p><strong>${'Note:'}</strong> ${note}</p>`)}<h3>${'Conventions'}</h3><ul>${report.conventions.map((line) => html`<li>${line}</li>`)}</ul>
<details><summary>${'Recipe'}</summary><pre>${JSON.stringify(writeStored(RECIPE_FORM, recipe), null, 2)}</pre></details>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Empty if training used f32 throughout. */
function describePrecision({ backend, history }: Report): string {
  if (backend.precision === 'f32') return '';
  const skipped = history.reduce((sum, epoch) => sum + epoch.skippedSteps, 0);
  return `; trained in mixed precision, ${formatPlural(skipped, 'step')} skipped because of overflow`;
}
