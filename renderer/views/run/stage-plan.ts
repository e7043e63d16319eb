import type { RunRow } from '../../../shared/ipc/topics/runs.ts';
import type { Recipe } from '../../../shared/run/recipe.ts';
import type { EpochMetrics, Report } from '../../../shared/run/report.ts';
import { STAGES, type Stage } from '../../../shared/run/stages.ts';
import { formatDuration, formatPlural } from '../../../shared/text/format.ts';

/** The stages as people may read them. */
export const STAGE_WORDS: Readonly<Record<Stage, { title: string; meaning: string }>> = {
  prepare: { title: 'Images', meaning: 'Images are found, decoded and split, and the back end is chosen.' },
  teacher: { title: 'Teacher', meaning: 'The large network is trained; the student will learn from it.' },
  'warm-up': { title: 'Warm up', meaning: 'The whole student learns from the teacher, before anything is cut.' },
  prune: { title: 'Cut', meaning: 'Channels are cut step by step, and the student learns on between the cuts.' },
  'fine-tune': {
    title: 'Fine-tune',
    meaning: 'The compressed student learns from the teacher until its rate has run out.',
  },
  baseline: {
    title: 'Full student',
    meaning: 'The student without cuts is trained just so, to tell what cutting costs.',
  },
  measure: { title: 'Measure', meaning: 'Accuracy on the test images, speed in a real runtime, likeness of layers.' },
  export: { title: 'Export', meaning: 'Files are written, run in their runtime, and compared with the network.' },
};

export interface StageStep {
  readonly stage: Stage;
  readonly title: string;
  readonly meaning: string;
  readonly state: 'done' | 'current' | 'ahead';
  /** Share of it that is done; null while nothing honest can be said. */
  readonly share: number | null;
  /** "epoch 3 of 6", "1 min 12 s"; empty where nothing is known. */
  readonly text: string;
}

export interface StageFacts {
  readonly row: Pick<RunRow, 'state' | 'stage'>;
  readonly recipe: Pick<Recipe, 'train' | 'export'>;
  readonly epochs: readonly EpochMetrics[];
  /** How many epochs a stage said that it trains, where that is not the recipe's number. */
  readonly told: Readonly<Partial<Record<Stage, number>>>;
  /** The epoch, as a decimal number, on the line of the stage at work; null before its first step. */
  readonly epoch: number | null;
  readonly timing: Report['timing'] | null;
}

/** The stages that a run goes through, with how far each is. */
export function listStages({ row, recipe, epochs, told, epoch, timing }: StageFacts): StageStep[] {
  const planned = planEpochs(recipe);
  const at = row.stage === null ? -1 : STAGES.indexOf(row.stage);
  return STAGES.filter((stage) => stage === row.stage || planned[stage] !== 0).map((stage): StageStep => {
    const index = STAGES.indexOf(stage);
    const own = epochs.filter((metrics) => metrics.stage === stage);
    const state = row.state === 'finished' || index < at ? 'done' : index === at ? 'current' : 'ahead';
    const total = told[stage] ?? planned[stage];
    const words = { stage, state, ...STAGE_WORDS[stage] } as const;
    if (state === 'done') {
      const timed = timing?.stages.find((entry) => entry.stage === stage)?.elapsedMs;
      const ms = timed ?? own.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
      return { ...words, share: 1, text: ms > 0 ? formatDuration(ms) : 'done' };
    }
    if (state === 'ahead') return { ...words, share: 0, text: total ? formatPlural(total, 'epoch') : '' };
    if (!total) return { ...words, share: null, text: '' };
    const begun = own[0]?.epoch ?? firstEpoch(stage, recipe);
    const into = epoch === null ? 0 : Math.min(1, Math.max(0, epoch - begun - own.length));
    const number = Math.min(total, own.length + 1);
    return { ...words, share: Math.min(1, (own.length + into) / total), text: `epoch ${number} of ${total}` };
  });
}

/** Epochs of the stages that train, null for the others; 0 for what is left out. */
function planEpochs({ train, export: exports }: StageFacts['recipe']): Record<Stage, number | null> {
  return {
    prepare: null,
    teacher: train.teacherEpochs,
    'warm-up': train.warmUpEpochs,
    prune: train.pruneEpochs,
    'fine-tune': train.fineTuneEpochs,
    baseline: train.baseline ? train.pruneEpochs + train.fineTuneEpochs : 0,
    measure: null,
    export: exports.formats.length > 0 ? null : 0,
  };
}

/** Number of a stage's first epoch on the line of its network. */
function firstEpoch(stage: Stage, { train }: StageFacts['recipe']): number {
  switch (stage) {
    case 'prune':
    case 'baseline':
      return train.warmUpEpochs;
    case 'fine-tune':
      return train.warmUpEpochs + train.pruneEpochs;
    default:
      return 0;
  }
}
