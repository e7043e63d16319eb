import { describe, expect, it } from 'vitest';
import { compareFigures, listComparisonRecords, listFacts } from '../../../../renderer/views/compare/comparison.ts';
import { type Contender, keyContender, listContenders } from '../../../../renderer/views/compare/contenders.ts';
import {
  describeReference,
  FIRST_REFERENCE,
  listReferences,
  type Reference,
} from '../../../../renderer/views/compare/reference.ts';
import { appRunSchema, type RunHistory, type RunPlan, type RunRow } from '../../../../shared/ipc/topics/runs.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { createSampleReport } from '../../../helpers/sample-report.ts';
import { createRow, createRun } from '../../samples.ts';

/** As in reports of earlier versions. */
const UNKNOWN = { teacher: null, baseline: null, student: null };
const NO_PLAN: RunPlan = {
  networks: null,
  problems: [],
  images: null,
  answers: null,
  latency: null,
  balanceAdvice: null,
  reuse: null,
  time: null,
};
const nothingElse = { plan: null, history: null };
const spoken = (text: string): string => text.replaceAll('\u2009', ' ').replaceAll('\u2212', '-');

function compare(contenders: Contender[], reference: Reference = FIRST_REFERENCE) {
  const run = contenders[0]!.run;
  const rows = compareFigures(contenders, { focus: keyContender(run, 'student'), reference, all: contenders });
  return new Map(rows.map((row) => [row.id, row]));
}

function withRun(change: Partial<Report>, row: Partial<RunRow> = {}): Contender[] {
  return listContenders(createRun(createRow(0, row), { report: { ...createSampleReport(), ...change } }), nothingElse);
}

describe('a finished run', () => {
  const report = createSampleReport();
  const run = createRun(createRow(0), { report });
  const rows = compare(listContenders(run, nothingElse));

  it('is what the contract says', () => {
    expect(appRunSchema.parse(run)).toEqual(run);
  });

  it('shows each figure absolute, against the reference, and the best marked', () => {
    const flops = rows.get('flops')!;
    expect(flops.cells.map(({ text }) => spoken(text))).toEqual(['36.2 M', '52.8 M', '31.6 M']);
    expect(flops.cells.map(({ relative }) => spoken(relative))).toEqual(['', '+45.9 %', '-12.7 %']);
    expect(flops.cells.map(({ best }) => best)).toEqual([false, false, true]);
    expect(flops.difference).toMatchObject({ verdict: 'better', value: 15.8 / 18.1, reference: 1 });
    // More is better for frames, less for their time.
    expect(rows.get('fps')!.cells.map(({ best }) => best)).toEqual([false, false, true]);
    expect(rows.get('latencyP95')!.cells.map(({ best }) => best)).toEqual([false, false, true]);
    expect(rows.get('fps')!.difference).toMatchObject({ verdict: 'better', value: 1, reference: 1.3 / 2.4 });
  });

  it('gives differences of accuracy in points', () => {
    const points = (100 * (report.student.top1! - report.teacher.top1!)).toFixed(1);
    expect(spoken(rows.get('top1')!.difference!.text)).toBe(`${points} points`);
  });

  it('calls no accuracy better or worse where chance may explain the difference', () => {
    const verdict = (top1: number) =>
      compare(withRun({ student: { ...report.student, top1 } })).get('top1')!.difference!.verdict;
    expect(verdict(report.teacher.top1! - 0.02)).toBe('unsure');
    expect(verdict(report.teacher.top1! - 0.2)).toBe('worse');
  });

  it('has no row for the validation split, and none for top-5 of five classes', () => {
    expect(rows.has('validationTop1')).toBe(false);
    const few = compare(withRun({ dataset: { ...report.dataset, classes: ['a', 'b', 'c', 'd', 'e'] } }));
    expect(few.has('top1')).toBe(true);
    expect(few.has('top5')).toBe(false);
  });

  it('tells accuracy by the size of classes where they differ much', () => {
    expect(rows.has('tail')).toBe(false);
    const sizes = report.perClass.map((row, label) => ({ ...row, trainImages: 1000 / (label + 1) ** 2 }));
    const tailed = compare(withRun({ perClass: sizes }));
    expect([...tailed.keys()].slice(0, 5)).toEqual(['top1', 'all', 'head', 'medium', 'tail']);
    const known = report.perClass.map(({ top1 }) => top1!);
    const mean = known.reduce((sum, top1) => sum + top1, 0) / known.length;
    expect(tailed.get('all')!.cells.at(-1)!.value).toBeCloseTo(mean);
  });

  it('says what was not trained', () => {
    const untrained = compare(withRun({ baseline: { ...report.baseline, top1: null, top5: null } }), 'each:baseline');
    expect(untrained.get('top1')!.cells[1]!.text).toBe('not trained');
    expect(untrained.get('top1')!.difference).toBeNull();
    expect(untrained.get('macs')!.difference).not.toBeNull();
  });

  it('marks no best where all are alike', () => {
    const alike = { ...report.teacher };
    const same = compare(
      withRun({ teacher: alike, baseline: alike, student: alike, calibration: UNKNOWN, unlike: null }),
    );
    for (const row of same.values()) {
      expect(row.cells.some(({ best }) => best)).toBe(false);
      expect(row.difference!.verdict).toBe('same');
    }
  });
});

it('shows how far confidence can be believed, where the report says it', () => {
  const rows = compare(withRun({}));
  const [error, unlike] = [rows.get('calibrationError')!, rows.get('unlike')!];
  expect(error.cells.map(({ text }) => spoken(text))).toEqual(['2.4 %', '3.1 %', '1.9 %']);
  expect(error.difference).toMatchObject({ verdict: 'unsure', text: expect.stringMatching(/0.5 points$/) });
  expect(unlike.cells.map(({ text }) => spoken(text))).toEqual(['2.5 %', '–', '2.9 %']);
  expect(unlike.difference!.verdict, 'one image of 240').toBe('unsure');
  const older = compare(withRun({ calibration: UNKNOWN, unlike: null }));
  expect([older.has('calibrationError'), older.has('unlike')]).toEqual([false, false]);
});

describe('several runs', () => {
  const first = withRun({});
  const report = createSampleReport();

  it('are compared with one another where their circumstances are the same', () => {
    const student = { ...report.student, macs: 1_000_000, top1: 1 };
    const rows = compare([...first, ...withRun({ student }, { id: '01kasecond0000' })]);
    expect(rows.get('macs')!.cells.map(({ best }) => best)).toEqual([false, false, false, false, false, true]);
    expect(rows.get('top1')!.cells.at(-1)!.best).toBe(true);
    expect(rows.get('top1')!.caution).toBeNull();
  });

  it('are not compared by accuracy on other images, nor by time on another machine', () => {
    const machine = { ...report.machine, cpu: 'Another CPU' };
    const student = { ...report.student, top1: 1, fps: 9999 };
    const rows = compare(
      [...first, ...withRun({ machine, student }, { id: '01kasecond0000', dataset: 'f'.repeat(16) })],
      `one:${keyContender(first[0]!.run, 'teacher')}`,
    );
    for (const id of ['top1', 'fps']) {
      expect(rows.get(id)!.caution).not.toBeNull();
      expect(rows.get(id)!.cells.at(-1)).toMatchObject({ best: false, relative: '' });
    }
    expect(rows.get('macs')!.caution).toBeNull();
    expect(rows.get('macs')!.cells.at(-1)!.relative).not.toBe('');
  });

  it('give each difference from the teacher of its own run, or from one network, and say which', () => {
    const second = withRun(
      { student: { ...report.student, macs: report.student.macs / 2 } },
      { id: '01kasecond0000', name: 'half' },
    );
    const all = [...first, ...second];
    const student = second.at(-1)!;
    const one: Reference = `one:${keyContender(first[0]!.run, 'student')}`;
    const relative = (reference: Reference) => spoken(compare(all, reference).get('macs')!.cells.at(-1)!.relative);
    expect(relative(FIRST_REFERENCE)).toBe('-56.4 %');
    expect(describeReference(FIRST_REFERENCE, student, all)).toBe('vs its teacher');
    expect(relative(one)).toBe('-50.0 %');
    expect(describeReference(one, student, all)).toBe(`vs ${first[0]!.runName}: compressed student`);
    expect(compare(all, one).get('macs')!.difference).toBeNull();
    const labels = listReferences([...first, student], all, keyContender(first[0]!.run, 'student')).map(
      ({ label }) => label,
    );
    expect(labels.slice(0, 2)).toEqual(['Teacher of each run', 'Full student of each run']);
    expect(labels.at(-1)).toBe('half: Compressed student');
    expect(listReferences(first, first, keyContender(first[0]!.run, 'student')).map(({ label }) => label)).toEqual([
      'Teacher',
      'Full student',
    ]);
  });

  it('share cells for what holds of the whole run', () => {
    const facts = new Map(listFacts([...first, ...withRun({}, { id: '01kasecond0000' })]).map((row) => [row.id, row]));
    expect(facts.get('memory')!.cells.map(({ span }) => span)).toEqual([3, 3]);
    expect(
      facts
        .get('architecture')!
        .cells.map(({ text }) => text)
        .slice(0, 3),
    ).toEqual(['MobileNetV3-Large', 'MobileNetV2', 'MobileNetV2']);
  });

  it('show what the run’s latency table predicts beside what was measured', () => {
    const latency = {
      table: 'this-tflite-fp32',
      device: 'this',
      machine: 'Abacus, linux x64',
      runtime: 'LiteRT 2.5.3',
      precision: 'fp32',
      sha256: 'a'.repeat(64),
      measuredAt: '2026-11-30T10:05:00.000Z',
      medianError: 0.05,
      boundMs: 5,
      baseline: { predictedMs: 9, measuredMs: 9.5 },
      student: { predictedMs: 4.9, measuredMs: null },
    };
    const facts = new Map(listFacts(withRun({ latency })).map((row) => [row.id, row]));
    expect(facts.get('tableLatency')!.cells.map(({ text }) => spoken(text))).toEqual([
      '–',
      '9.50 ms (9.00 ms predicted)',
      '4.90 ms predicted',
    ]);
    const [table] = facts.get('latencyTable')!.cells;
    expect(table!.span).toBe(3);
    expect(spoken(table!.text)).toBe(
      'this-tflite-fp32: at most 5.00 ms in LiteRT 2.5.3; median error of predictions 5.0 %',
    );
  });

  it('become a table of plain numbers', () => {
    const records = listComparisonRecords(first, ['a', 'b', 'c']);
    expect(records[0]).toEqual(['', 'a', 'b', 'c']);
    expect(records.find(([id]) => id === 'macs')).toEqual(['macs', '18100000', '26400000', '15800000']);
    expect(records.every((record) => record.length === 4)).toBe(true);
  });
});

describe('a run at work', () => {
  const run = createRun(createRow(5, { state: 'running' }));
  const history: RunHistory = {
    epochs: createSampleReport().history.slice(0, 24),
    cuts: [],
    steps: [],
    layers: [],
    search: null,
    log: [],
  };
  const network = { architecture: 'mobilenet-v2', bytes: 9_000_000, estimated: false };
  const plan: RunPlan = {
    networks: [
      { ...network, role: 'teacher', architecture: 'mobilenet-v3-large', macs: 18_100_000, parameters: 4_217_000 },
      { ...network, role: 'baseline', macs: 26_400_000, parameters: 2_239_000 },
      { ...network, role: 'student', macs: 15_800_000, parameters: 1_104_000, estimated: true },
    ],
    problems: [],
    images: { train: 648, validation: 72, test: 240, unlabelled: 0 },
    answers: null,
    latency: null,
    balanceAdvice: null,
    reuse: null,
    time: null,
  };

  it('shows what is known so far', () => {
    const rows = compare(listContenders(run, { plan, history }));
    expect(rows.has('top1')).toBe(false);
    expect(rows.has('fps')).toBe(false);
    expect(rows.get('macs')!.cells.map(({ estimated }) => estimated)).toEqual([false, false, true]);
    const [teacher, baseline, student] = rows.get('validationTop1')!.cells;
    expect(teacher!.value).toBe(history.epochs[19]!.validationTop1);
    expect(student!.value).toBe(history.epochs[23]!.validationTop1);
    expect(baseline!.value).toBeNull();
  });

  it('shows nothing false where nothing is known', () => {
    const contenders = listContenders(run, nothingElse);
    expect(compare(contenders).size).toBe(0);
    expect(listFacts(contenders).map(({ id }) => id)).toEqual(['architecture', 'input']);
  });

  it('shows what its latency table predicts', () => {
    const { recipe, ...rest } = run;
    const prune = { ...recipe.prune, macs: null, latencyMs: 5, latencyTable: 'mine' };
    const table = { table: 'mine', device: 'this', runtime: 'LiteRT', precision: 'fp32', medianError: null, fullMs: 9 };
    const latency = { tables: [table], studentMs: 4.8, measuringMs: 1 };
    const planned = listContenders(
      { ...rest, recipe: { ...recipe, prune } },
      { plan: { ...NO_PLAN, latency }, history: null },
    );
    expect(planned.map(({ tableLatency }) => tableLatency?.predictedMs ?? null)).toEqual([null, 9, 4.8]);
    expect(spoken(planned[0]!.latencyTable!)).toBe('mine: at most 5.00 ms in LiteRT');
  });
});
