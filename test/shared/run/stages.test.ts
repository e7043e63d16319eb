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
  leadsToBranch,
  listBranches,
  listStagesOf,
  networkOf,
  STAGE_NAMES,
  STAGES,
  sortByStage,
  TRAINING_STAGES,
} from '../../../shared/run/stages.ts';

const recipe = recipeSchema.parse({
  train: { teacherEpochs: 3, warmUpEpochs: 2, pruneEpochs: 4, fineTuneEpochs: 5, baseline: true },
});
const without = (train: Partial<typeof recipe.train>) => ({ ...recipe, train: { ...recipe.train, ...train } });

describe('stages', () => {
  it('are each trained on one line, lines one after the other', () => {
    expect(LINE_NAMES.flatMap(listStagesOf)).toEqual(TRAINING_STAGES);
    expect(STAGE_NAMES.filter((stage) => findLine(stage) === null)).toEqual(['prepare', 'measure', 'export']);
    expect(LINE_NAMES.map(networkOf)).toEqual(['teacher', 'student', 'student']);
  });

  it('count their epochs on their line, a branch from where it leaves the other', () => {
    const firsts = TRAINING_STAGES.map((stage) => [stage, firstEpoch(stage, recipe), STAGES[stage].epochs(recipe)]);
    expect(firsts).toEqual([
      ['teacher', 0, 3],
      ['warm-up', 0, 2],
      ['prune', 2, 4],
      ['fine-tune', 6, 5],
      ['baseline', 2, 9],
    ]);
    expect(LINE_NAMES.map((line) => countLineEpochs(line, recipe))).toEqual([3, 11, 11]);
    expect(findCutEpochs('student', recipe)).toEqual({ first: 2, count: 4 });
    expect(findCutEpochs('baseline', recipe)).toBeNull();
  });

  it('that another line branches off from are never cut short, wanted or not', () => {
    expect(TRAINING_STAGES.filter(leadsToBranch)).toEqual(['warm-up']);
    expect(findBranchStage('baseline', recipe)).toBe('warm-up');
    expect(findBranchStage('baseline', without({ warmUpEpochs: 0 }))).toBeNull();
    expect(findBranchStage('student', recipe)).toBeNull();
    expect(listBranches('student', recipe)).toEqual(['baseline']);
    expect(listBranches('student', without({ baseline: false }))).toEqual([]);
    expect(STAGES.baseline.epochs(without({ baseline: false }))).toBe(0);
  });

  it('say whether a run can be asked to finish early', () => {
    expect([null, ...STAGE_NAMES].map(judgeFinishingEarly)).toEqual([
      ...['too early', 'too early', 'too early'],
      ...['possible', 'possible', 'possible', 'possible'],
      ...['too late', 'too late'],
    ]);
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
