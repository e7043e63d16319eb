import { listActiveMethods } from '../../../../../shared/run/methods.ts';
import type { Recipe } from '../../../../../shared/run/recipe.ts';
import type { Speeds } from './estimate-time.ts';
import type { EstimateOptions } from './measure-speeds.ts';

/** What computes. */
export type Machine = Pick<EstimateOptions, 'backend' | 'threads'>;

/** Speeds, and whether they are of the same networks, images and methods, or only of the same machine. */
export interface KnownSpeeds {
  readonly speeds: Speeds;
  readonly basis: 'same' | 'similar';
}

/** Speeds that are kept. */
const MOST = 50;

/** Speeds that were measured, from which the time of every recipe can be told. */
export class SpeedBook {
  /** The last measured is the last. */
  readonly #speeds = new Map<string, { machine: string; speeds: Speeds }>();

  keep(recipe: Recipe, machine: Machine, speeds: Speeds): void {
    const key = keyOf(recipe, machine);
    this.#speeds.delete(key);
    this.#speeds.set(key, { machine: keyOfMachine(recipe, machine), speeds });
    for (const [oldest] of this.#speeds) if (this.#speeds.size > MOST) this.#speeds.delete(oldest);
  }

  /** Those of the same networks, images and methods, else the last ones of this machine; null: nothing was measured here. */
  find(recipe: Recipe, machine: Machine): KnownSpeeds | null {
    const same = this.#speeds.get(keyOf(recipe, machine));
    if (same) return { speeds: same.speeds, basis: 'same' };
    const here = keyOfMachine(recipe, machine);
    const similar = [...this.#speeds.values()].findLast((entry) => entry.machine === here);
    return similar ? { speeds: similar.speeds, basis: 'similar' } : null;
  }
}

/** All that the time of a multiply-accumulate depends on. */
function keyOf(recipe: Recipe, machine: Machine): string {
  const { data, teacher, student, train, distill } = recipe;
  const { weights: _teacher, ...teacherShape } = teacher;
  const { weights: _student, ...studentShape } = student;
  return JSON.stringify([
    keyOfMachine(recipe, machine),
    data.inputSize,
    train.batch,
    teacherShape,
    studentShape,
    listActiveMethods(distill),
  ]);
}

function keyOfMachine({ train }: Recipe, { backend, threads }: Machine): string {
  return JSON.stringify([backend, threads, train.precision]);
}
