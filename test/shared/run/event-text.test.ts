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

it('says of a cut which stage made it: a search leaves what it has found', () => {
  const cut = {
    cut: 1,
    epoch: 3,
    macsBefore: 2e6,
    macsAfter: 1e6,
    parametersBefore: 9,
    parametersAfter: 4,
    channelsRemoved: 7,
  };
  const tell = (stage: 'prune' | 'search') => describeEvent({ type: 'cut.made', stage, cut });
  expect(tell('prune')).toMatch(/^\[prune\] cut 1: 2\sM to 1\sM MACs/);
  expect(tell('search')).toMatch(/^\[search\] the best network within the budget is kept: 2\sM to 1\sM MACs/);
});
