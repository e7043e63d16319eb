import { expect, it } from 'vitest';
import { describeEvent } from '../../../shared/run/event-text.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

it('tells of an epoch, of its accuracy only where something judged it', () => {
  const metrics = { ...createSampleReport().history[0]!, loss: 1.5, validationTop1: 0.25 };
  const tell = (judged: number | null) =>
    describeEvent({ type: 'epoch.finished', epochs: 3, metrics: { ...metrics, validationTop1: judged } });
  expect(tell(0.25)).toMatch(/^\[teacher\] epoch 1 of 3: loss 1.5, validation top-1 25\.0\s%, [\d.]+\sM MACs, /);
  expect(tell(null)).toMatch(/^\[teacher\] epoch 1 of 3: loss 1.5, [\d.]+\sM MACs, /);
});

it('counts the epochs of a network that learns in several stages through all of them', () => {
  const metrics = { ...createSampleReport().history[0]!, epoch: 4 };
  const tell = (stage: 'prune' | 'baseline' | 'alone') =>
    describeEvent({ type: 'epoch.finished', epochs: 10, metrics: { ...metrics, stage } });
  expect(tell('prune')).toContain('[prune] epoch 5 of the student’s 10: ');
  expect(tell('baseline')).toContain('[baseline] epoch 5 of the full student’s 10: ');
  expect(tell('alone')).toContain('[alone] epoch 5 of 10: ');
});
