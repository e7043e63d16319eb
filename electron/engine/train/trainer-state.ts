import { cutAdapters } from '../distill/index.ts';
import { type Network, parseNetwork } from '../model/index.ts';
import type { Weights } from '../model/weights.ts';
import { cutNetwork, type KeptChannels, keptChannelsOf } from '../prune/index.ts';
import type { Checkpoint } from './checkpoint-format.ts';
import type { LossScaleState } from './loss-scaler.ts';
import type { Slots } from './optimizer.ts';

/** Everything that training carries from one step to the next, in ordinary memory. */
export interface TrainerState {
  readonly network: Network;
  readonly weights: Weights;
  /** Optimizer buffers of the network's and the adapters' parameters; empty before the first step. */
  readonly slots: Slots;
  /** Exponential moving average of the weights; null when it is off or not yet begun. */
  readonly average: Weights | null;
  /** Parameters of the feature adapters; empty before the first step and without a teacher. */
  readonly adapters: Weights;
  /** Steps so far, those that were left out for an overflow among them. */
  readonly step: number;
  /** Null before the first step in mixed precision. */
  readonly lossScale: LossScaleState | null;
}

/** The state of a network that has not been trained yet. */
export function startState(network: Network, weights: Weights): TrainerState {
  return { network, weights, slots: new Map(), average: null, adapters: new Map(), step: 0, lossScale: null };
}

/**
 * Removes channels everywhere at once: network, weights, their average, optimizer buffers and the adapters' inputs.
 *
 * @throws DecantError what `cutNetwork` throws
 */
export function cutState(state: TrainerState, selection: KeptChannels): TrainerState {
  const slotNames = [...state.slots.keys()];
  const cut = cutNetwork(state.network, state.weights, selection, [
    ...state.slots.values(),
    ...(state.average ? [state.average] : []),
  ]);
  const taps = new Set([...state.adapters.keys()].map((name) => name.slice(0, name.indexOf('~'))));
  const kept = new Map([...taps].map((tap) => [tap, keptChannelsOf(state.network, selection, tap)]));
  return {
    network: cut.network,
    weights: cut.weights,
    slots: new Map(slotNames.map((name, i) => [name, cutAdapters(cut.slots[i]!, kept)])),
    average: state.average && cut.slots[slotNames.length]!,
    adapters: cutAdapters(state.adapters, kept),
    step: state.step,
    lossScale: state.lossScale,
  };
}

/** The state as parts of a checkpoint, named `<prefix>…`, to be put beside whatever else it holds. */
export function stateToCheckpoint(state: TrainerState, prefix = ''): Checkpoint {
  const slots = [...state.slots];
  return {
    data: {
      [`${prefix}network`]: state.network,
      [`${prefix}step`]: state.step,
      [`${prefix}slots`]: [...state.slots.keys()],
      [`${prefix}lossScale`]: state.lossScale,
    },
    tensors: {
      [`${prefix}weights`]: state.weights,
      [`${prefix}adapters`]: state.adapters,
      ...(state.average && { [`${prefix}average`]: state.average }),
      ...Object.fromEntries(slots.map(([name, weights]) => [`${prefix}slot:${name}`, weights])),
    },
  };
}

/** Reads back what `stateToCheckpoint` put in; null when the checkpoint has no state of that prefix. */
export function stateFromCheckpoint({ data, tensors }: Checkpoint, prefix = ''): TrainerState | null {
  const weights = tensors[`${prefix}weights`];
  if (!weights) return null;
  // The checkpoint's hash was checked, so these are what stateToCheckpoint wrote.
  const network = parseNetwork(data[`${prefix}network`]);
  const slots = data[`${prefix}slots`] as string[];
  return {
    network,
    weights,
    slots: new Map(slots.map((name) => [name, tensors[`${prefix}slot:${name}`]!])),
    average: tensors[`${prefix}average`] ?? null,
    adapters: tensors[`${prefix}adapters`]!,
    step: data[`${prefix}step`] as number,
    // A checkpoint from before there was mixed precision has none.
    lossScale: (data[`${prefix}lossScale`] ?? null) as LossScaleState | null,
  };
}
