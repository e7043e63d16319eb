import type { Step } from '../lowering/index.ts';
import type { Affine } from './affine.ts';
import type { IntegerLayer, QuantizationPlan } from './plan.ts';
import { freeOfUnits, groupByUnit } from './unit-groups.ts';

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
    const freed = freeOfUnits(step, plan.values);
    if (freed.op !== 'conv' && freed.op !== 'dense') return freed;
    const [given, taken] = [unitOf(step.name), unitOf(step.input)];
    const layer = plan.layers.get(step.name)!;
    layers.set(step.name, { ...layer, scales: layer.scales.map((scale) => (scale * taken) / given) });
    const weight = { ...freed.weight, values: freed.weight.values.map((value) => (value * taken) / given) };
    return { ...freed, weight, bias: freed.bias.map((value) => value / given), shift: freed.shift / given };
  });
  return { ...plan, program: { ...plan.program, steps }, values, layers };
}

/** For each value, its divisor. */
function findUnits({ program, values }: QuantizationPlan): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const { names, kept } of groupByUnit(program, values)) {
    // Of several scales that one becomes 1 which spares the most numbers.
    const scales = new Map<number, number>();
    for (const step of program.steps)
      if (step.op === 'conv' && names.includes(step.input)) {
        const { scale } = values.get(step.input)!;
        scales.set(scale, (scales.get(scale) ?? 0) + step.bias.length);
      }
    const [best] = [...scales].toSorted(([, a], [, b]) => b - a);
    for (const name of names) units.set(name, kept || !best ? 1 : best[0]);
  }
  return units;
}
