import type { RunRow } from '../../../shared/ipc/topics/runs.ts';
import type { Recipe } from '../../../shared/run/recipe.ts';
import type { EpochMetrics, Report } from '../../../shared/run/report.ts';
import { firstEpoch, isTraining, STAGE_NAMES, STAGES, type Stage } from '../../../shared/run/stages.ts';
import { formatDuration, formatPlural } from '../../../shared/text/format.ts';
import { word } from '../../../shared/text/language.ts';

export interface StageStep {
  readonly stage: Stage;
  readonly title: string;
  readonly meaning: string;
  /** `short`: a finished run left epochs of it out, since it was asked to end early. */
  readonly state: 'done' | 'short' | 'current' | 'ahead';
  /** Share of the stage that is done; null while it is unknown. */
  readonly share: number | null;
  /** "epoch 3 of 6", "1 min 12 s"; empty if nothing is known. */
  readonly text: string;
}

export interface StageFacts {
  readonly row: Pick<RunRow, 'state' | 'stage'>;
  readonly recipe: Recipe;
  readonly epochs: readonly EpochMetrics[];
  /** Number of epochs that a stage announced; it may differ from the recipe. */
  readonly told: Readonly<Partial<Record<Stage, number>>>;
  /** The epoch as a decimal number, on the line of the current stage; null before its first step. */
  readonly epoch: number | null;
  readonly timing: Report['timing'] | null;
}

/** Lists the stages of a run with the progress of each. */
export function listStages({ row, recipe, epochs, told, epoch, timing }: StageFacts): StageStep[] {
  const at = row.stage === null ? -1 : STAGE_NAMES.indexOf(row.stage);
  const present = STAGE_NAMES.filter((stage) => stage === row.stage || STAGES[stage].epochs(recipe) !== 0);
  return present.map((stage): StageStep => {
    const index = STAGE_NAMES.indexOf(stage);
    const own = epochs.filter((metrics) => metrics.stage === stage);
    const state = row.state === 'finished' || index < at ? 'done' : index === at ? 'current' : 'ahead';
    const { title, meaning, epochs: planEpochs } = STAGES[stage];
    const planned = planEpochs(recipe);
    const total = told[stage] ?? planned;
    const words = { stage, state, title, meaning } as const;
    if (planned !== null && own.length < planned && endedEarly({ row, recipe, epochs }))
      return {
        ...words,
        state: 'short',
        share: own.length / planned,
        text: own.length === 0 ? 'left out' : `${own.length} of ${formatPlural(planned, 'epoch')}`,
      };
    if (state === 'done') {
      const timed = timing?.stages.find((entry) => entry.stage === stage)?.elapsedMs;
      const ms = timed ?? own.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
      return { ...words, share: 1, text: ms > 0 ? formatDuration(ms) : word('done') };
    }
    if (state === 'ahead') return { ...words, share: 0, text: total ? formatPlural(total, 'epoch') : '' };
    if (!total || !isTraining(stage)) return { ...words, share: null, text: '' };
    const first = own[0]?.epoch ?? firstEpoch(stage, recipe);
    const into = epoch === null ? 0 : Math.min(1, Math.max(0, epoch - first - own.length));
    const number = Math.min(total, own.length + 1);
    return { ...words, share: Math.min(1, (own.length + into) / total), text: `epoch ${number} of ${total}` };
  });
}

/** Whether epochs that a run has not trained were left out as asked. With `patience`, training may end by itself. */
function endedEarly({ row, recipe, epochs }: Pick<StageFacts, 'row' | 'recipe' | 'epochs'>): boolean {
  return row.state === 'finished' && recipe.train.patience === null && epochs.length > 0;
}
