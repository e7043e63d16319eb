import type { Activation } from '../../activation.ts';

const ACTIVATION_OF: Readonly<Record<string, Activation>> = { linear: 'none', relu: 'relu', relu6: 'relu6' };

/** Ours for the activation that a fused tfjs kernel asks for; undefined when we have none (elu, prelu, sigmoid, …). */
export function fusedActivation(name: string | undefined | null): Activation | undefined {
  return name ? ACTIVATION_OF[name] : 'none';
}
