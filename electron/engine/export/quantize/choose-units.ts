import type { FusedActivation, Program, Step } from '../steps.ts';
import type { Affine } from './affine.ts';
import type { IntegerLayer, QuantizationPlan } from './plan.ts';
import { inputsOf } from './run-program.ts';

/**
 * The same integers, with values measured in other units: most layers' input then counts in steps of 1, so that its biases
 * have the very scales of its weights and a file need not store them twice. Nothing changes that is computed, since what
 * lies between such values (sums, means, ReLU) knows no unit; those that go into or come out of other operations keep theirs,
 * as do what goes into the program and its logits.
 */
export function chooseUnits(plan: QuantizationPlan): QuantizationPlan {
  const units = findUnits(plan);
  const unitOf = (name: string) => units.get(name)!;
  const values = new Map<string, Affine>();
  for (const [name, { scale, zeroPoint }] of plan.values)
    values.set(name, { scale: Math.fround(scale / unitOf(name)), zeroPoint });
  const layers = new Map<string, IntegerLayer>();
  const steps = plan.program.steps.map((step): Step => {
    const freed = freeOfUnits(step, plan);
    if (freed.op !== 'conv' && freed.op !== 'dense') return freed;
    const [given, taken] = [unitOf(step.name), unitOf(step.input)];
    const layer = plan.layers.get(step.name)!;
    layers.set(step.name, { ...layer, scales: layer.scales.map((scale) => (scale * taken) / given) });
    const weight = { ...freed.weight, values: freed.weight.values.map((value) => (value * taken) / given) };
    return { ...freed, weight, bias: freed.bias.map((value) => value / given), shift: freed.shift / given };
  });
  return { ...plan, program: { ...plan.program, steps }, values, layers };
}

/** For each value, what its numbers are to be divided by. */
function findUnits({ program, values }: QuantizationPlan): ReadonlyMap<string, number> {
  const groups = new UnitGroups(program);
  for (const step of program.steps) groups.add(step, values);
  // Of values that have to share a unit, that one becomes 1 which spares the most numbers.
  const spared = new Map<string, number>();
  for (const step of program.steps)
    if (step.op === 'conv') spared.set(step.input, (spared.get(step.input) ?? 0) + step.bias.length);
  const units = new Map<string, number>();
  for (const members of groups.list()) {
    const first = members.reduce((best, name) => ((spared.get(name) ?? 0) > (spared.get(best) ?? 0) ? name : best));
    for (const name of members) units.set(name, groups.isKept(name) ? 1 : values.get(first)!.scale);
  }
  return units;
}

/** Values that have to be measured in one unit. */
class UnitGroups {
  readonly #groups = new Map<string, { readonly names: string[]; kept: boolean }>();

  constructor({ input, output, steps }: Program) {
    for (const name of [input, ...steps.map((step) => step.name)])
      this.#groups.set(name, { names: [name], kept: name === input || name === output });
  }

  add(step: Step, values: QuantizationPlan['values']): void {
    const freed = freeOfUnits(step, { values });
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

  isKept(name: string): boolean {
    return this.#groups.get(name)!.kept;
  }

  list(): string[][] {
    return [...new Set(this.#groups.values())].map(({ names }) => names);
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
function freeOfUnits(step: Step, { values }: Pick<QuantizationPlan, 'values'>): Step {
  if (!('activation' in step) || step.activation !== 'relu6') return step;
  const { scale, zeroPoint } = values.get(step.name)!;
  const activation: FusedActivation = zeroPoint + Math.round(6 / scale) >= 127 ? 'relu' : 'relu6';
  return { ...step, activation };
}
