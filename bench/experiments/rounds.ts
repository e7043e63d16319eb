import type { Arm, Experiment } from './experiment.ts';
import type { Cell } from './ledger.ts';

/** A run that belongs to an experiment. */
export interface Wanted {
  readonly arm: Arm;
  readonly seed: number;
}

/**
 * All runs of an experiment, seed by seed. Where it has finalists, one seed of each arm comes first, and who gets the others is
 * known once these are there.
 *
 * @param cells what was computed so far
 */
export function listWanted(experiment: Experiment, cells: readonly Cell[]): Wanted[] {
  const { arms, seeds } = experiment;
  const finalists = findFinalists(experiment, cells);
  return Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
    arms.filter((arm) => seed === 1 || finalists === null || finalists.has(arm.name)).map((arm) => ({ arm, seed })),
  );
}

/** How many runs there will be: those of finalists count before it is known who they are. */
export function countWanted(experiment: Experiment, cells: readonly Cell[]): number {
  const { arms, seeds } = experiment;
  const finalists = findFinalists(experiment, cells);
  const many = finalists === null || finalists.size > 0 ? (finalists?.size ?? arms.length) : experiment.finalists! + 1;
  return arms.length + many * (seeds - 1);
}

/**
 * The arms that get all seeds: the reference, and the best on validation images with the first seed. Null: all do; none while
 * arms lack their first seed.
 */
function findFinalists({ arms, reference, finalists }: Experiment, cells: readonly Cell[]): Set<string> | null {
  if (finalists === undefined) return null;
  const first = arms.map(({ name }) => cells.find(({ arm, seed }) => arm === name && seed === 1));
  if (first.includes(undefined)) return new Set();
  const ranked = first
    .flatMap((cell) => (cell && cell.arm !== reference ? [cell] : []))
    .sort((a, b) => (b.figures.validation ?? 0) - (a.figures.validation ?? 0));
  return new Set([reference, ...ranked.slice(0, finalists).map(({ arm }) => arm)]);
}
