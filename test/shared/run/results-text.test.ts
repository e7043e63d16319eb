import { expect, it } from 'vitest';
import type { RunDetail } from '../../../shared/run/results.ts';
import { formatRun } from '../../../shared/run/results-text.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

const report = createSampleReport();
const run: RunDetail = {
  id: report.run,
  dataset: 'flowers12',
  state: 'finished',
  createdAt: report.createdAt,
  updatedAt: report.createdAt,
  stage: 'export',
  failure: null,
  studentTop1: report.student.top1,
  teacherTop1: report.teacher.top1,
  flopsReduction: report.reduction.flopsVsBaseline,
  datasetPath: '/data/flowers12.zip',
  folder: '/home/runs/r',
  report,
  models: [{ role: 'student', ...report.student }],
  exports: [{ ...report.exports[0]!, file: '/elsewhere/again.onnx' }],
  phones: [],
};

it('shows the report of a finished run and the files that were exported of it', () => {
  const text = formatRun(run);
  expect(text).toContain('Retention');
  expect(text).toMatch(/Exported files\n {2}\/elsewhere\/again\.onnx: onnx fp32, .* top-1$/);
  expect(text).not.toContain('--resume');
});

it('shows the networks where the report is of another version', () => {
  const text = formatRun({ ...run, report: null });
  expect(text).toMatch(/student\s+MobileNetV2\s+1\.104\sM/);
  expect(text).not.toContain('--resume');
});

it('says how to go on with a run that was stopped', () => {
  const text = formatRun({ ...run, state: 'stopped', report: null, models: [], exports: [] });
  expect(text.endsWith(`Resume with: decant compress --resume ${run.id}`)).toBe(true);
});
