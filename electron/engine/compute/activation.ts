/** Point-wise non-linearities that networks may use. `hard-swish` is x · relu6(x + 3) / 6 (Howard et al. 2019). */
export const ACTIVATIONS = ['none', 'relu', 'relu6', 'hard-swish', 'hard-sigmoid'] as const;
export type Activation = (typeof ACTIVATIONS)[number];
