import { DecantError } from '../../core/errors.ts';
import type { Importance } from './importance.ts';

/**
 * First-order Taylor importance (Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning"): the squared
 * first-order change of the training loss when the channel goes, averaged over batches by a `TaylorAccumulator`.
 */
export const scoreByTaylor: Importance = (group, { taylor }) => {
  const scores = taylor?.get(group.id);
  if (scores?.length !== group.channels) {
    throw new DecantError(
      'network.invalid',
      `Taylor importance has ${scores?.length ?? 'no'} scores for the ${group.channels} channels of "${group.id}"; ` +
        'accumulate gradients of this network first.',
      { group: group.id, channels: group.channels, scores: scores?.length },
    );
  }
  return scores;
};
