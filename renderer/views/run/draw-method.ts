import { METHOD_NAMES, METHODS } from '../../../shared/run/methods.ts';
import { DASHES } from '../../charts/dashes.ts';
import type { PaletteColor } from '../../charts/palette.ts';

/** How a curve is told from others. */
interface MethodLine {
  readonly name: string;
  readonly color: PaletteColor;
  readonly dash: readonly number[] | null;
}

/** How a method's curve looks beside those of `shown`, itself among them. One that this version does not know goes by its name. */
export function drawMethod(name: string, shown: readonly string[]): MethodLine {
  const known = METHOD_NAMES.find((each) => each === name);
  const index = Math.max(0, shown.indexOf(name));
  const color: PaletteColor = index < 3 ? 'text-muted' : 'text-faint';
  return { name: known ? METHODS[known].title : name, color, dash: DASHES[index % DASHES.length] ?? null };
}
