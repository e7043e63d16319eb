import { type FusedActivation, inputsOf, type Program, type Step } from '../lowering/index.ts';
import type { Affine } from './affine.ts';

/** Values that have to be measured in one unit, such as the summands of a sum and what it gives. */
export interface UnitGroup {
  readonly names: readonly string[];
  /** Whether the unit has to stay: operations that are not linear read or give them, or the file's user does. */
  readonly kept: boolean;
}

/** All values of a program, in groups: the weights of the layers between can turn one group's unit into another's. */
export function groupByUnit(program: Program, values: ReadonlyMap<string, Affine>): readonly UnitGroup[] {
  const groups = new Groups(program);
  for (const step of program.steps) groups.add(step, values);
  return groups.list();
}

class Groups {
  readonly #groups = new Map<string, { readonly names: string[]; kept: boolean }>();

  constructor({ input, output, steps }: Program) {
    for (const name of [input, ...steps.map((step) => step.name)])
      this.#groups.set(name, { names: [name], kept: name === input || name === output });
  }

  add(step: Step, values: ReadonlyMap<string, Affine>): void {
    const freed = freeOfUnits(step, values);
    if ('activation' in freed && freed.activation === 'relu6') this.#keep(step.name);
    switch (step.op) {
      case 'conv':
      case 'dense':
        return; // Its weights turn the one unit into the other.
      case 'add':
      case 'relu':
      case 'mean':
      case 'flatten':
      case 'multiplyConstant':
        for (const name of inputsOf(step)) this.#join(name, step.name);
        return;
      case 'scale': // The gate's numbers are factors.
        this.#join(step.input, step.name);
        this.#keep(step.other);
        return;
      case 'hardSwish':
      case 'addConstant':
        this.#keep(step.input);
        this.#keep(step.name);
        return;
      default:
        step satisfies never;
    }
  }

  list(): UnitGroup[] {
    return [...new Set(this.#groups.values())];
  }

  #keep(name: string): void {
    this.#groups.get(name)!.kept = true;
  }

  #join(a: string, b: string): void {
    const [group, other] = [this.#groups.get(a)!, this.#groups.get(b)!];
    if (group === other) return;
    group.kept ||= other.kept;
    for (const name of other.names) this.#groups.set(name, group);
    group.names.push(...other.names);
  }
}

/** A step without the bound of ReLU6, where its result's largest integer stands for no more than that anyway. */
export function freeOfUnits(step: Step, values: ReadonlyMap<string, Affine>): Step {
  if (!('activation' in step) || step.activation !== 'relu6') return step;
  const { scale, zeroPoint } = values.get(step.name)!;
  const activation: FusedActivation = zeroPoint + Math.round(6 / scale) >= 127 ? 'relu' : 'relu6';
  return { ...step, activation };
}
