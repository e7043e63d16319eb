import type { Activation } from '../activation.ts';

/** The same in assembly/vector.ts. */
export const ACTIVATION_CODES = {
  none: 0,
  relu: 1,
  relu6: 2,
  'hard-swish': 3,
  'hard-sigmoid': 4,
} as const satisfies Record<Activation, number>;
