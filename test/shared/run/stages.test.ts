import { describe, expect, it } from 'vitest';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { ROLE_NAMES } from '../../../shared/run/roles.ts';
import {
  countLineEpochs,
  findBranchStage,
  findCutEpochs,
  findLine,
  firstEpoch,
  judgeFinishingEarly,
  LINE_NAMES,
  LINES,
  leadsToBranch,
  listBranches,
  listStagesOf,
  mapLines,
  networkOf,
  STAGE_NAMES,
  STAGES,
  sortByStage,
  TRAINING_STAGES,
  type TrainingStage,
} from '../../../shared/run/stages.ts';

const recipe = recipeSchema.parse({
  train: { teacherEpochs: 3, warmUpEpochs: 2, pruneEpochs: 4, fineTuneEpochs: 5, baseline: true },
});
const without = (train: Partial<typeof recipe.train>) => ({ ...recipe, train: { ...recipe.train, ...train } });

describe('stages', () => {
  it('are each trained on one line, lines one after the other', () => {
    expect(LINE_NAMES.flatMap(listStagesOf)).toEqual(TRAINING_STAGES);
    for (const stage of ['prepare', 'measure', 'export'] as const) expect(findLine(stage)).toBeNull();
    expect(mapLines(networkOf)).toMatchObject({ teacher: 'teacher', student: 'student', baseline: 'student' });
  });

  it('count their epochs on their line, a branch from where it leaves the other', () => {
    const place = (stage: TrainingStage) => [firstEpoch(stage, recipe), STAGES[stage].epochs(recipe)];
    expect(place('teacher')).toEqual([0, 3]);
    expect(place('warm-up')).toEqual([0, 2]);
    expect(place('prune')).toEqual([2, 4]);
    expect(place('fine-tune')).toEqual([6, 5]);
    expect(place('baseline')).toEqual([2, 9]);
    expect(mapLines((line) => countLineEpochs(line, recipe))).toMatchObject({ teacher: 3, student: 11, baseline: 11 });
    expect(findCutEpochs('student', recipe)).toEqual({ first: 2, count: 4 });
    expect(findCutEpochs('baseline', recipe)).toBeNull();
  });

  it('give the student without a teacher all epochs of the one with, from the beginning, where it is asked for', () => {
    expect(STAGES.alone.epochs(recipe)).toBe(0);
    const asked = without({ alone: true });
    expect([firstEpoch('alone', asked), STAGES.alone.epochs(asked)]).toEqual([0, 11]);
    expect(countLineEpochs('alone', asked)).toBe(11);
    expect(listBranches('student', asked)).toEqual(['baseline']);
    expect(findBranchStage('alone', asked)).toBeNull();
    expect(LINES.alone.bestFrom(asked)).toBe(firstEpoch('baseline', asked));
  });

  it('that another line branches off from are never cut short, wanted or not', () => {
    const uncut = TRAINING_STAGES.filter(leadsToBranch);
    expect(uncut).toContain('warm-up');
    for (const stage of uncut) expect(STAGES[stage]).toMatchObject({ line: 'student', cuts: false });
    for (const stage of ['teacher', 'prune', 'fine-tune', 'baseline']) expect(uncut).not.toContain(stage);
    expect(findBranchStage('baseline', recipe)).toBe('warm-up');
    expect(findBranchStage('baseline', without({ warmUpEpochs: 0 }))).toBeNull();
    expect(findBranchStage('student', recipe)).toBeNull();
    expect(listBranches('student', recipe)).toContain('baseline');
    expect(listBranches('student', without({ baseline: false }))).not.toContain('baseline');
    expect(STAGES.baseline.epochs(without({ baseline: false }))).toBe(0);
  });

  it('say whether a run can be asked to finish early', () => {
    const answers = [null, ...STAGE_NAMES].map(judgeFinishingEarly);
    const order = ['too early', 'possible', 'too late'];
    expect(answers).toEqual(answers.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
    expect(judgeFinishingEarly('teacher')).toBe('too early');
    expect(judgeFinishingEarly('warm-up')).toBe('possible');
    expect(judgeFinishingEarly('baseline')).toBe('possible');
    expect(judgeFinishingEarly('alone')).toBe('possible');
    expect(judgeFinishingEarly('measure')).toBe('too late');
  });

  it('give their order to what has a stage, which keeps its own within one', () => {
    const items = [
      { stage: 'export', at: 0 },
      { stage: 'teacher', at: 2 },
      { stage: 'teacher', at: 1 },
      { stage: 'prepare', at: 0 },
    ] as const;
    expect(sortByStage(items).map(({ stage, at }) => `${stage} ${at}`)).toEqual([
      'prepare 0',
      'teacher 2',
      'teacher 1',
      'export 0',
    ]);
  });

  it('train the network of every role on a line of its name', () => {
    expect(LINE_NAMES).toEqual(expect.arrayContaining([...ROLE_NAMES]));
  });
});
