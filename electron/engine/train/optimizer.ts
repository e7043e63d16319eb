import type * as tf from '@tensorflow/tfjs-core';
import type { UpdateGuard } from '../compute/index.ts';
import { DecantError } from '../core/errors.ts';
import type { Weights } from '../model/weights.ts';
import { makeVariable, readVariables } from './host-variables.ts';
import { OPTIMIZERS, type OptimizerName, type OptimizerRule } from './optimizers.ts';

/** A parameter to be trained, and whether weight decay applies to it. */
export interface TrainedParameter {
  readonly variable: tf.Variable;
  readonly decay: boolean;
}

/** Optimizer buffers by slot name, each with the names of the parameters. */
export type Slots = ReadonlyMap<string, Weights>;

/** Moves a set of parameters by one of the rules in `OPTIMIZERS`. The owner calls `dispose`. */
export class Optimizer {
  readonly #rule: OptimizerRule;
  readonly #momentum: number;
  readonly #weightDecay: number;
  readonly #parameters: ReadonlyMap<string, TrainedParameter>;
  readonly #slots = new Map<string, tf.Variable[]>();

  /**
   * `slots` are those of an earlier optimizer of these parameters; what they lack starts at zero.
   *
   * @throws DecantError `weights.mismatch` when a slot has another shape than its parameter
   */
  constructor(
    parameters: ReadonlyMap<string, TrainedParameter>,
    settings: { name: OptimizerName; momentum: number; weightDecay: number; slots?: Slots },
  ) {
    this.#rule = OPTIMIZERS[settings.name];
    this.#momentum = settings.momentum;
    this.#weightDecay = settings.weightDecay;
    this.#parameters = parameters;
    for (const [name, { variable }] of parameters) {
      this.#slots.set(
        name,
        this.#rule.slots.map((slot) => {
          const tensor = settings.slots?.get(slot)?.get(name);
          if (tensor) checkSlotShape(slot, name, tensor.shape, variable.shape);
          return makeVariable(variable.shape, tensor);
        }),
      );
    }
  }

  /**
   * One step in place, unless the guard says otherwise. Parameters without a gradient stay. `step` counts all steps from 1;
   * with a guard its own count is used.
   */
  apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    { learningRate, step, guard }: { learningRate: number; step: number; guard?: UpdateGuard | undefined },
  ): void {
    for (const [name, gradient] of gradients) {
      const { variable, decay } = this.#parameters.get(name)!; // Gradients are taken of these parameters only.
      const weightDecay = decay ? this.#weightDecay : 0;
      const settings = { learningRate, momentum: this.#momentum, weightDecay, step, guard };
      this.#rule.update({ parameter: variable, gradient, slots: this.#slots.get(name)! }, settings);
    }
  }

  /** The buffers in ordinary memory. */
  async readSlots(): Promise<Map<string, Weights>> {
    const slots = new Map<string, Weights>();
    for (const [i, slot] of this.#rule.slots.entries()) {
      slots.set(slot, await readVariables([...this.#slots].map(([name, variables]) => [name, variables[i]!] as const)));
    }
    return slots;
  }

  dispose(): void {
    for (const variables of this.#slots.values()) for (const variable of variables) variable.dispose();
  }
}

function checkSlotShape(slot: string, name: string, shape: readonly number[], expected: readonly number[]): void {
  if (shape.join() === expected.join()) return;
  throw new DecantError(
    'weights.mismatch',
    `The optimizer's ${slot} of "${name}" has the shape [${shape.join(', ')}], but the parameter has [${expected.join(', ')}]; prune it together with the network.`,
    { parameter: name, slot, shape, expected },
  );
}
