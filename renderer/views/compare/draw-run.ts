import { DASHES } from '../../charts/dashes.ts';
import type { PaletteColor } from '../../charts/palette.ts';

/** How the curve of the i-th run looks: the run that the page is about has the student's colour, the others dashes. */
export function drawRun(i: number): { color: PaletteColor; dash: readonly number[] | null } {
  const color: PaletteColor = i === 0 ? 'student' : i <= 3 ? 'text' : 'text-muted';
  return { color, dash: DASHES[i % DASHES.length] ?? null };
}
