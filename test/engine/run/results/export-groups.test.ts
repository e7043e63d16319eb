import { afterAll, beforeAll, expect, it } from 'vitest';
import { listGroupAccuracies } from '../../../../shared/run/group-accuracies.ts';
import { formatReport } from '../../../../shared/run/report-text.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';
import { makeTinyRun, type TinyRun } from '../tiny-run.ts';

let tiny: TinyRun;
beforeAll(async () => {
  tiny = await makeTinyRun({ data: { ...TINY_RECIPE.data, imbalance: 6 } });
}, 120_000);
afterAll(() => tiny.remove());

it('a file of long-tailed classes is judged by their size, as its student is', () => {
  const { report } = tiny;
  const student = listGroupAccuracies(report).map(({ group, student }) => ({ group, top1: student }));
  expect(student.map(({ group }) => group)).toEqual(['all', 'head', 'medium', 'tail']);
  expect(report.exports[0]!.groups).toEqual(student);
  expect(formatReport(report)).toMatch(/top-1 \(balanced .*, head .*, medium .*, tail .*\); verified by onnxruntime/);
});
