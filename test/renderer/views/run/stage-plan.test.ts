import { describe, expect, it } from 'vitest';
import { describeProgress } from '../../../../renderer/views/run/progress-words.ts';
import { listStages, type StageFacts } from '../../../../renderer/views/run/stage-plan.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { createSampleReport } from '../../../helpers/sample-report.ts';

const REPORT = createSampleReport();
const FACTS: StageFacts = {
  row: { state: 'running', stage: 'prune' },
  recipe: recipeSchema.parse({}),
  epochs: [],
  told: {},
  epoch: null,
  timing: null,
};
const find = (facts: Partial<StageFacts>, stage: string) =>
  listStages({ ...FACTS, ...facts }).find((step) => step.stage === stage);

describe('listStages', () => {
  it('leaves out what the recipe does not do', () => {
    const recipe = recipeSchema.parse({ train: { teacherEpochs: 0, baseline: false }, export: { formats: [] } });
    expect(listStages({ ...FACTS, recipe }).map(({ stage }) => stage)).toEqual([
      'prepare',
      'warm-up',
      'prune',
      'fine-tune',
      'measure',
    ]);
  });

  it('says how far the stage at work is, epochs counted from where its network’s line stands', () => {
    const epochs = REPORT.history.filter(({ stage, epoch }) => stage === 'warm-up' || (stage === 'prune' && epoch < 6));
    // Epochs 4 and 5 of the line are done; half of the third epoch of the stage is.
    expect(find({ epochs, epoch: 6.5 }, 'prune')).toMatchObject({ state: 'current', text: 'epoch 3 of 6' });
    expect(find({ epochs, epoch: 6.5 }, 'prune')?.share).toBeCloseTo(2.5 / 6);
    expect(find({ epochs, epoch: 6.5 }, 'fine-tune')).toMatchObject({ state: 'ahead', share: 0, text: '10 epochs' });
  });

  it('counts the epochs of a network whose own have not begun from nothing', () => {
    const row = { state: 'running', stage: 'baseline' } as const;
    expect(find({ row, epoch: null }, 'baseline')).toMatchObject({ share: 0, text: 'epoch 1 of 16' });
    expect(find({ row, epoch: 4.25 }, 'baseline')?.share).toBeCloseTo(0.25 / 16);
  });

  it('believes a stage that trains fewer epochs than the recipe asked for', () => {
    expect(find({ told: { prune: 2 } }, 'prune')?.text).toBe('epoch 1 of 2');
  });

  it('says nothing of stages that do not train, and times those that are done', () => {
    expect(find({ row: { state: 'running', stage: 'measure' } }, 'measure')).toMatchObject({ share: null, text: '' });
    const done = listStages({ ...FACTS, row: { state: 'finished', stage: 'export' }, timing: REPORT.timing });
    expect(done.every(({ state, share }) => state === 'done' && share === 1)).toBe(true);
    expect(done[0]?.text).toBe('4.2 s');
  });

  it('tells what a run that was ended early left out', () => {
    const row = { state: 'finished', stage: 'export' } as const;
    const epochs = REPORT.history.filter(({ stage, epoch }) => stage !== 'baseline' && epoch < 14);
    const steps = {
      row,
      epochs: epochs.concat(REPORT.history.filter(({ stage, epoch }) => stage === 'teacher' && epoch >= 14)),
    };
    expect(find(steps, 'teacher')).toMatchObject({ state: 'done', share: 1 });
    expect(find(steps, 'fine-tune')).toMatchObject({ state: 'short', share: 0.4, text: '4 of 10 epochs' });
    expect(find(steps, 'baseline')).toMatchObject({ state: 'short', share: 0, text: 'left out' });
    const recipe = recipeSchema.parse({ train: { patience: 3 } });
    expect(find({ ...steps, recipe }, 'fine-tune')?.state).toBe('done');
    expect(
      describeProgress({ ...row, queuePosition: null }, null, listStages({ ...FACTS, ...steps }), 0).headline,
    ).toBe('Finished early');
  });
});
