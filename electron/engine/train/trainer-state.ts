import type { MethodName } from '../../../shared/run/methods.ts';
import { cutSlots, cutStates, type MethodState, type MethodStates } from '../distill/index.ts';
import { embeddingTap, type Network, parseNetwork } from '../model/index.ts';
import type { Weights } from '../model/weights.ts';
import { type CutResult, cutNetwork, type KeptChannels, keptChannelsOf, orderChannels } from '../prune/index.ts';
import type { Checkpoint } from './checkpoint-format.ts';
import type { LossScaleState } from './loss-scaler.ts';
import type { Slots } from './optimizer.ts';

/** Everything that training carries from one step to the next, in ordinary memory. */
export interface TrainerState {
  readonly network: Network;
  readonly weights: Weights;
  /** Optimizer buffers of the network's and the methods' variables; empty before the first step. */
  readonly slots: Slots;
  /** Exponential moving average of the weights; null when it is off or not yet begun. */
  readonly average: Weights | null;
  /** What the methods have of their own; empty before the first step. */
  readonly methods: MethodStates;
  /** Steps so far, those that were skipped because of overflow among them. */
  readonly step: number;
  /** Null before the first step in mixed precision. */
  readonly lossScale: LossScaleState | null;
}

/** The state of a network that has not been trained yet. */
export function startState(network: Network, weights: Weights): TrainerState {
  return { network, weights, slots: new Map(), average: null, methods: {}, step: 0, lossScale: null };
}

/**
 * Removes channels everywhere at once: network, weights, their average, optimizer buffers and what methods have of their own.
 *
 * @throws DecantError what `cutNetwork` throws
 */
export function cutState(state: TrainerState, selection: KeptChannels): TrainerState {
  return takeChannels(state, selection, (slots) => cutNetwork(state.network, state.weights, selection, slots));
}

/**
 * Puts the channels of groups in another order everywhere at once, so that the network computes what it did before.
 *
 * @throws DecantError what `orderChannels` throws
 */
export function orderState(state: TrainerState, order: KeptChannels): TrainerState {
  const { network, weights } = state;
  return takeChannels(state, order, (slots) => ({ network, ...orderChannels(network, weights, order, slots) }));
}

function takeChannels(
  state: TrainerState,
  selection: KeptChannels,
  take: (slots: readonly Weights[]) => CutResult,
): TrainerState {
  const slotNames = [...state.slots.keys()];
  const cut = take([...state.slots.values(), ...(state.average ? [state.average] : [])]);
  const keptOf = (node: string) => keptChannelsOf(state.network, selection, node);
  const kept = { map: keptOf, embedding: () => keptOf(embeddingTap(state.network)) };
  return {
    network: cut.network,
    weights: cut.weights,
    slots: new Map(slotNames.map((name, i) => [name, cutSlots(cut.slots[i]!, state.methods, kept)])),
    average: state.average && cut.slots[slotNames.length]!,
    methods: cutStates(state.methods, kept),
    step: state.step,
    lossScale: state.lossScale,
  };
}

/** The state as parts of a checkpoint, named `<prefix>…`, to be put beside whatever else it holds. */
export function stateToCheckpoint(state: TrainerState, prefix = ''): Checkpoint {
  const slots = [...state.slots];
  const methods = Object.entries(state.methods) as [MethodName, MethodState][]; // The type's own keys.
  return {
    data: {
      [`${prefix}network`]: state.network,
      [`${prefix}step`]: state.step,
      [`${prefix}slots`]: [...state.slots.keys()],
      [`${prefix}lossScale`]: state.lossScale,
      [`${prefix}methods`]: Object.fromEntries(methods.map(([name, { data }]) => [name, data])),
    },
    tensors: {
      [`${prefix}weights`]: state.weights,
      ...Object.fromEntries(
        methods.flatMap(([name, { variables, memory }]) => [
          [`${prefix}method:${name}`, variables],
          [`${prefix}memory:${name}`, memory],
        ]),
      ),
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
  const methods = data[`${prefix}methods`] as Record<MethodName, MethodState['data']>;
  return {
    network,
    weights,
    slots: new Map(slots.map((name) => [name, tensors[`${prefix}slot:${name}`]!])),
    average: tensors[`${prefix}average`] ?? null,
    methods: Object.fromEntries(
      Object.entries(methods).map(([name, own]) => [
        name,
        { variables: tensors[`${prefix}method:${name}`]!, memory: tensors[`${prefix}memory:${name}`]!, data: own },
      ]),
    ),
    step: data[`${prefix}step`] as number,
    // A checkpoint from before there was mixed precision has none.
    lossScale: (data[`${prefix}lossScale`] ?? null) as LossScaleState | null,
  };
}
