import type { Activation } from '../../activation.ts';
import type { ElementType } from '../program.ts';

/** Value of an activation at `z`, as an expression; see `reference.ts` of the self-test for the same in plain words. */
const VALUES: Readonly<Record<Activation, string>> = {
  none: 'z',
  relu: 'max(z, T())',
  relu6: 'clamp(z, T(), T(6.0))',
  'hard-sigmoid': 'clamp(z + 3.0, T(), T(6.0)) * (1.0 / 6.0)',
  'hard-swish': 'z * clamp(z + 3.0, T(), T(6.0)) * (1.0 / 6.0)',
};

const OPEN = 'select(T(), T(1.0), (z > T(-3.0)) & (z < T(3.0)))';

const SLOPES: Readonly<Record<Activation, string>> = {
  none: 'T(1.0)',
  relu: 'select(T(), T(1.0), z > T())',
  relu6: 'select(T(), T(1.0), (z > T()) & (z < T(6.0)))',
  'hard-sigmoid': `${OPEN} * (1.0 / 6.0)`,
  'hard-swish': `(clamp(z + 3.0, T(), T(6.0)) + z * ${OPEN}) * (1.0 / 6.0)`,
};

/**
 * Declares `activate(z)`. NaN stays NaN, which `max` and `clamp` may hide; it is told by its bits, since compilers may take
 * `z != z` for false.
 */
export function activationFunction(activation: Activation, type: ElementType): string {
  const value = VALUES[activation].replaceAll('T(', `${type}(`);
  const bits = type.replace('f32', 'u32');
  const noNumber = `(bitcast<${bits}>(z) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u)`;
  const body = activation === 'none' ? 'return z;' : `return select(${value}, z, ${noNumber});`;
  return `fn activate(z: ${type}) -> ${type} { ${body} }`;
}

/** Declares `slope(z)`, the derivative of the activation at its argument `z`. */
export function slopeFunction(activation: Activation, type: ElementType): string {
  return `fn slope(z: ${type}) -> ${type} { return ${SLOPES[activation].replaceAll('T(', `${type}(`)}; }`;
}
