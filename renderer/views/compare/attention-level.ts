interface Cells {
  readonly width: number;
  readonly height: number;
}

/** Maps with fewer cells across say little about where a network looks. */
const FEWEST = 4;

/**
 * Chooses the level to show first: the deepest one (with the fewest cells) that still tells places apart, or else the
 * finest.
 */
export function chooseLevel(levels: readonly { readonly teacher: Cells }[]): number {
  const size = (i: number): number => levels[i]!.teacher.width * levels[i]!.teacher.height;
  const order = levels.map((_, i) => i).sort((a, b) => size(a) - size(b));
  const telling = order.find((i) => levels[i]!.teacher.width >= FEWEST && levels[i]!.teacher.height >= FEWEST);
  return telling ?? order.at(-1) ?? 0;
}
