export interface LayerWidth {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

/** Sums up the widths before and after pruning. */
export function summarizeWidths(layers: readonly LayerWidth[]): {
  before: number;
  after: number;
  /** The layer that lost the largest share; null if nothing was pruned. */
  most: LayerWidth | null;
} {
  const sum = (read: (layer: LayerWidth) => number): number => layers.reduce((total, layer) => total + read(layer), 0);
  const kept = ({ before, after }: LayerWidth): number => (before === 0 ? 1 : after / before);
  const most = layers.reduce<LayerWidth | null>(
    (least, layer) => (least && kept(least) <= kept(layer) ? least : layer),
    null,
  );
  return {
    before: sum(({ before }) => before),
    after: sum(({ after }) => after),
    most: most && kept(most) < 1 ? most : null,
  };
}
