import * as tf from '@tensorflow/tfjs-core';
import {
  listActiveMethods,
  METHODS,
  type MethodEntry,
  type MethodName,
  type MethodNeed,
  type MethodSettings,
} from '../../../shared/run/methods.ts';
import { scheduleFactor } from '../../../shared/run/schedules.ts';
import type { Random } from '../core/random.ts';
import type { Weights } from '../model/weights.ts';
import { type ClassBalance, isBalanced } from './class-balance.ts';
import { type PerImageSettings, weighImages } from './image-weights.ts';
import {
  type KeptChannelsOf,
  type Method,
  type MethodFacts,
  type MethodInputs,
  type MethodState,
  type MethodVariable,
  NO_STATE,
} from './method.ts';
import { METHOD_MODULES } from './method-modules.ts';
import { crossEntropy } from './methods/cross-entropy.ts';

/** States of methods, by name. */
export type MethodStates = Readonly<Partial<Record<MethodName, MethodState>>>;

/** A method with the weight that it has in one epoch. */
export interface WeightedMethod {
  readonly name: MethodName;
  readonly weight: number;
}

/** The methods that count in an epoch, with their weights: those of weight and factor above 0, in the order of the table. */
export function weighMethods(settings: MethodSettings, epoch: number, epochs: number): WeightedMethod[] {
  return listActiveMethods(settings)
    .map((name) => ({
      name,
      weight: settings[name].weight * scheduleFactor(settings[name].schedule, epoch, epochs),
    }))
    .filter(({ weight }) => weight > 0);
}

/** Optimizer buffers and checkpoints know a method's variables by this name. */
export function nameVariable(method: MethodName, variable: string): string {
  return `distill.${method}/${variable}`;
}

/** The methods of one network in training, and what they have of their own. The owner calls `dispose`. */
export class Objective {
  /** Trained beside the network, by `nameVariable`. */
  readonly variables: ReadonlyMap<string, MethodVariable>;
  readonly #settings: MethodSettings;
  readonly #methods: ReadonlyMap<MethodName, Method>;
  readonly #balance: ClassBalance | null;
  readonly #perImage: PerImageSettings | null;

  constructor(
    settings: MethodSettings,
    {
      facts,
      states,
      random,
      perImage = null,
    }: {
      facts: MethodFacts;
      states: MethodStates;
      random: Random;
      /** How much the teacher's answers count for each image; null: all alike. */
      perImage?: PerImageSettings | null;
    },
  ) {
    this.#settings = settings;
    this.#balance = facts.balance;
    this.#perImage = perImage;
    this.#methods = new Map(
      listActiveMethods(settings).map((name) => [
        name,
        METHOD_MODULES[name].open({ settings: settings[name], facts, state: states[name] ?? NO_STATE, random }),
      ]),
    );
    this.variables = new Map(
      [...this.#methods].flatMap(([name, { variables }]) =>
        [...variables].map(([variable, trained]) => [nameVariable(name, variable), trained] as const),
      ),
    );
  }

  /** The methods that count in an epoch of so many, with their weights. */
  weigh(epoch: number, epochs: number): WeightedMethod[] {
    return weighMethods(this.#settings, epoch, epochs);
  }

  /**
   * The loss of one batch: the weighted sum of the methods' means over its images. Returns the sum and each mean before its
   * weight, in the order of `methods`; the caller disposes all of them.
   */
  compute(methods: readonly WeightedMethod[], inputs: MethodInputs): { total: tf.Scalar; values: tf.Scalar[] } {
    return tf.tidy(() => {
      const weights = this.#weighImages(inputs);
      const values = methods.map(({ name }) => {
        const ofAnswers = METHODS[name].family === 'answers';
        const loss = this.#methods.get(name)!.compute(ofAnswers ? this.#balanceTeacher(name, inputs) : inputs); // Opened for every one of weight above 0.
        if (loss.rank === 0) return loss as tf.Scalar;
        return tf.mean<tf.Scalar>(ofAnswers && weights ? tf.mul(loss, weights) : loss);
      });
      const weighted = values.map((value, i) => tf.mul<tf.Scalar>(value, methods[i]!.weight));
      return { total: tf.addN(weighted), values };
    });
  }

  /**
   * How training finds each image: the student's cross-entropy with its target, and how much the teacher's answers count, 1 where
   * all count alike; `[2, batch]`. No gradient is meant to flow through it; the caller disposes the result.
   */
  scoreImages(inputs: MethodInputs): tf.Tensor2D {
    return tf.tidy(() => {
      const losses = crossEntropy(inputs.logits, inputs.targets);
      return tf.stack([losses, this.#weighImages(inputs) ?? tf.onesLike(losses)]) as tf.Tensor2D; // Two vectors.
    });
  }

  #weighImages(inputs: MethodInputs): tf.Tensor1D | null {
    return weighImages(inputs, { perImage: this.#perImage, balance: this.#balance });
  }

  /**
   * The same inputs with the teacher's probabilities, at the method's temperature, multiplied by the weights of their classes
   * (Balanced Knowledge Distillation, Zhang et al. 2023, equation 5).
   */
  #balanceTeacher(name: MethodName, inputs: MethodInputs): MethodInputs {
    const { teacherLogits, epoch, epochs } = inputs;
    const weights = this.#balance && isBalanced(this.#balance, epoch, epochs) ? this.#balance.teacherWeights : null;
    if (!weights || !teacherLogits) return inputs;
    const settings = this.#settings[name];
    const temperature = 'temperature' in settings ? settings.temperature : 1;
    return {
      ...inputs,
      teacherLogits: tf.add(teacherLogits, tf.tensor1d(weights.map((w) => temperature * Math.log(w)))),
    };
  }

  /** What the methods carry on from here; `read` reads variables into ordinary memory. */
  async exportStates(read: (variables: ReadonlyMap<string, tf.Variable>) => Promise<Weights>): Promise<MethodStates> {
    const states: Partial<Record<MethodName, MethodState>> = {};
    for (const [name, method] of this.#methods) {
      const variables = await read(new Map([...method.variables].map(([key, { variable }]) => [key, variable])));
      states[name] = { ...NO_STATE, ...(await method.readState?.()), variables };
    }
    return states;
  }

  dispose(): void {
    for (const method of this.#methods.values()) method.dispose();
  }
}

/** What these methods look at. */
export function needsOf(methods: readonly WeightedMethod[]): ReadonlySet<MethodNeed> {
  return new Set(methods.flatMap(({ name }): readonly MethodNeed[] => (METHODS[name] as MethodEntry).needs));
}

/** States of methods after the student was cut. */
export function cutStates(states: MethodStates, kept: KeptChannelsOf): MethodStates {
  const cut: Partial<Record<MethodName, MethodState>> = {};
  for (const [name, state] of Object.entries(states) as [MethodName, MethodState][]) // The type's own keys.
    cut[name] = { ...state, variables: METHOD_MODULES[name].cut?.(state.variables, kept) ?? state.variables };
  return cut;
}

/** Optimizer buffers after the student was cut; those of the student itself pass through. */
export function cutSlots(slots: Weights, states: MethodStates, kept: KeptChannelsOf): Weights {
  const cut = new Map(slots);
  for (const [name, { variables }] of Object.entries(states) as [MethodName, MethodState][]) {
    const own = new Map(
      [...variables.keys()].flatMap((variable) => {
        const buffer = slots.get(nameVariable(name, variable));
        return buffer ? [[variable, buffer] as const] : [];
      }),
    );
    for (const [variable, buffer] of METHOD_MODULES[name].cut?.(own, kept) ?? [])
      cut.set(nameVariable(name, variable), buffer);
  }
  return cut;
}
