import { METHOD_NAMES, METHODS } from '../../../shared/run/methods.ts';
import type { PaletteColor } from '../../charts/palette.ts';

/** Dashes that tell methods apart, in the order of their table; they repeat where there are more methods. */
const DASHES: readonly (readonly number[] | null)[] = [null, [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [1, 2]];

/** How a curve is told from others. */
interface MethodLine {
  readonly name: string;
  readonly color: PaletteColor;
  readonly dash: readonly number[] | null;
}

/** How a method's curve looks. One that this version does not know goes by its name. */
export function drawMethod(name: string): MethodLine {
  const known = METHOD_NAMES.find((each) => each === name);
  const index = known ? METHOD_NAMES.indexOf(known) : -1;
  const color: PaletteColor = index >= 0 && index < 3 ? 'text-muted' : 'text-faint';
  return { name: known ? METHODS[known].title : name, color, dash: DASHES[Math.max(0, index) % DASHES.length] ?? null };
}
