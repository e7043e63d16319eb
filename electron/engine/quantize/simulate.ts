import { disposeTensors, loadTensors, type Program, runProgram } from '../lowering/index.ts';
import { type QuantizationPlan, restoreLayer } from './plan.ts';
import { roundValue } from './rounding.ts';

/** A planned network in floats, with all the rounding that integers bring. */
export interface Simulation {
  /** Logits `[size, classes]` of `[size, height, width, 3]` bytes. Leaves no tensors behind. */
  run(pixels: Uint8Array, size: number): Promise<Float32Array>;
  dispose(): void;
}

/** Simulates a plan on the active back end. The caller disposes it. */
export function simulate({ program, values, layers }: QuantizationPlan): Simulation {
  const rounded: Program = {
    ...program,
    steps: program.steps.map((step) =>
      step.op === 'conv' || step.op === 'dense'
        ? { ...step, ...restoreLayer(step, layers.get(step.name)!, values.get(step.input)!) }
        : step,
    ),
  };
  const tensors = loadTensors(rounded);
  return {
    async run(pixels, size) {
      const logits = runProgram(rounded, tensors, pixels, size, (step, value) =>
        roundValue(value, values.get(step.name)!),
      );
      try {
        return (await logits.data<'float32'>()).slice();
      } finally {
        logits.dispose();
      }
    },
    dispose: () => disposeTensors(tensors),
  };
}
