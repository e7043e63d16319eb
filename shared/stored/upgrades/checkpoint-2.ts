import type { JsonObject } from '../form.ts';

/** Names and shapes of one set of tensors. */
type TensorList = readonly { readonly name: string }[];

/**
 * Version 2 of checkpoints: what methods have of their own stands under their names. The adapters were the only such thing,
 * and belong to the method `features`; a prefix separates their optimizer buffers from the network's.
 */
export function upgradeCheckpointTo2({ data, tensors }: JsonObject): JsonObject {
  const { adapters = [], ...sets } = tensors as Record<string, TensorList>; // The file's hash was checked.
  const renamed = Object.entries(sets).map(([set, list]) => [set, set.startsWith('slot:') ? list.map(rename) : list]);
  const own = adapters.length > 0;
  return {
    data: { ...(data as JsonObject), methods: own ? { features: {} } : {} },
    tensors: {
      ...Object.fromEntries(renamed),
      ...(own && { 'method:features': adapters, 'memory:features': [] }),
    },
  };
}

/** Only adapters had a `~` in their names, between the two taps. */
function rename<T extends { readonly name: string }>(tensor: T): T {
  return tensor.name.includes('~') ? { ...tensor, name: `distill.features/${tensor.name}` } : tensor;
}
