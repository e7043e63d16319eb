/** Numbers of one parameter in ordinary memory. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * All numbers of a network, by `<node name>/<role>`:
 * conv `weight` `[kernel, kernel, in, out]`, depthwise `weight` `[kernel, kernel, channels, 1]`, dense `weight`
 * `[in, out]`, `bias` `[out]`; batch norm `gamma`, `beta` (trained) and `mean`, `variance` (running statistics), all
 * `[channels]`. The order is that of the network's nodes.
 */
export type Weights = Map<string, HostTensor>;
