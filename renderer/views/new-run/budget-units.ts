import type { RunPlan } from '../../../shared/ipc/topics/runs.ts';
import { formatBytes, formatCount, formatShare, formatSignedShare } from '../../../shared/text/format.ts';
import { word } from '../../../shared/text/language.ts';

/** What the recipe bounds, as a share of the full student's. */
export type Limit = 'macs' | 'parameters';

/** A way in which people say how small the student shall be. */
export interface BudgetUnit {
  readonly value: string;
  /** "of the teacher". */
  readonly label: string;
  /** `saved`: a share that is left out, on a slider; `amount`: a number of `unit`. */
  readonly kind: 'saved' | 'amount';
  readonly unit: string;
  /** Bounds of what can be asked for. */
  readonly min: number;
  readonly max: number;
  /** From the share of the full student that may remain, and back; the share is in (0, 1]. */
  fromShare(share: number): number;
  toShare(amount: number): number;
  /** What is asked for: "−40 %", "30 M". */
  format(amount: number): string;
  /** The same in words, for screen readers. */
  describe(amount: number): string;
}

/** The most that a slider leaves out, as a share of the full student. */
const MOST_SAVED = 0.9;
const MEGA = 1e6;
/** Bytes of a parameter in files of each precision. */
const FILES = { fp32: 4, fp16: 2, int8: 1 } as const;

type Sizes = NonNullable<RunPlan['networks']>[number];

/** The units of a limit; the first is the recipe's own. Others need to know the networks. */
export function listBudgetUnits(limit: Limit, networks: RunPlan['networks']): BudgetUnit[] {
  const full = networks?.find(({ role }) => role === 'baseline');
  const teacher = networks?.find(({ role }) => role === 'teacher');
  return [
    saveOf('full', 'of the full student', limit, 1),
    ...(full && teacher && teacher[limit] > 0
      ? [saveOf('teacher', 'of the teacher', limit, full[limit] / teacher[limit])]
      : []),
    ...(full ? (limit === 'macs' ? [countFlops(full)] : listFiles(full)) : []),
  ];
}

/** @param ratio the full student's as a multiple of what is the measure */
function saveOf(value: string, label: string, limit: Limit, ratio: number): BudgetUnit {
  const noun = limit === 'macs' ? 'FLOPs' : word('parameters');
  return {
    value,
    label,
    kind: 'saved',
    unit: '',
    min: 1 - ratio,
    max: 1 - ratio * (1 - MOST_SAVED),
    fromShare: (share) => 1 - share * ratio,
    toShare: (saved) => roundShare((1 - saved) / ratio),
    format: (saved) => formatSignedShare(-saved),
    describe: (saved) =>
      `${formatShare(Math.abs(saved))} ${saved < 0 ? word('more') : word('fewer')} ${noun} than those ${label}`,
  };
}

function countFlops(full: Sizes): BudgetUnit {
  const all = (2 * full.macs) / MEGA;
  return {
    value: 'flops',
    label: 'FLOPs per image',
    kind: 'amount',
    unit: 'M FLOPs',
    min: roundAmount((1 - MOST_SAVED) * all),
    max: roundAmount(all),
    fromShare: (share) => roundAmount(share * all),
    toShare: (flops) => roundShare(flops / all),
    format: (flops) => formatCount(flops * MEGA),
    describe: (flops) => `${formatCount(flops * MEGA)} FLOPs`,
  };
}

/** The size of a file: its parameters, and what it has besides, as far as the full student's tells. */
function listFiles(full: Sizes): BudgetUnit[] {
  const besides = Math.max(0, full.bytes - FILES.fp32 * full.parameters);
  return Object.entries(FILES).map(([precision, width]) => {
    const size = (share: number): number => (besides + width * full.parameters * share) / MEGA;
    return {
      value: precision,
      label: `size of the ${precision} file, about`,
      kind: 'amount',
      unit: 'MB',
      min: roundAmount(size(1 - MOST_SAVED)),
      max: roundAmount(size(1)),
      fromShare: (share) => roundAmount(size(share)),
      toShare: (megabytes) => roundShare((megabytes * MEGA - besides) / (width * full.parameters)),
      format: (megabytes) => formatBytes(megabytes * MEGA),
      describe: (megabytes) => `${formatBytes(megabytes * MEGA)} as ${precision}`,
    };
  });
}

/** What the recipe may hold: above 0, at most 1. */
function roundShare(share: number): number {
  return Math.min(1, Math.max(0.0001, Number(share.toFixed(4))));
}

function roundAmount(amount: number): number {
  return Number(amount.toPrecision(3));
}
