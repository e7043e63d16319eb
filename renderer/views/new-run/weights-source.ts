/** Where weights come from. A recipe names them by null, `catalogue:<id>`, `run:<id>` or a path. */
export type WeightsSource = 'scratch' | 'catalogue' | 'file' | 'run';

export function sourceOf(weights: string | null): WeightsSource {
  if (weights === null) return 'scratch';
  if (weights.startsWith('catalogue:')) return 'catalogue';
  return weights.startsWith('run:') ? 'run' : 'file';
}

/** Names weights in the middle of a sentence. */
export function nameWeights(weights: string): string {
  const id = weights.slice(weights.indexOf(':') + 1);
  switch (sourceOf(weights)) {
    case 'catalogue':
      return `the published weights ${id}`;
    case 'run':
      return `the weights of run ${id}`;
    default:
      return weights;
  }
}
