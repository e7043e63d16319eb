import type { Program, Step } from '../lowering/index.ts';

/**
 * Writes hard-swish out as x · (relu6(x + 3) / 6). Of these operations, XNNPACK computes each with 8-bit integers; hard-swish
 * itself it leaves to a plain kernel, and the graph falls into as many pieces.
 */
export function spellHardSwish(program: Program): Program {
  return { ...program, steps: program.steps.flatMap((step) => (step.op === 'hardSwish' ? spell(step) : [step])) };
}

function spell({ name, input, shape }: Step): Step[] {
  const [shifted, gate] = [`${name}:shifted`, `${name}:gate`];
  return [
    { op: 'addConstant', name: shifted, input, shape, values: Float32Array.of(3), activation: 'relu6' },
    { op: 'multiplyConstant', name: gate, input: shifted, shape, values: Float32Array.of(1 / 6) },
    { op: 'scale', name, input, other: gate, shape },
  ];
}
