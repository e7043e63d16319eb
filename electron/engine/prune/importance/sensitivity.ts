import { DecantError } from '../../core/errors.ts';
import type { Importance } from './importance.ts';

/** What the network lost, on images, without the channels of a group: see `scoreBySensitivity` in `prune/sensitivity.ts`. */
export const scoreByMeasuredLoss: Importance = (group, { sensitivity }) => {
  const scores = sensitivity?.get(group.id);
  if (scores?.length === group.channels) return scores;
  throw new DecantError(
    'network.invalid',
    `Sensitivity has ${scores?.length ?? 'no'} scores for the ${group.channels} channels of "${group.id}"; measure this network first.`,
    { group: group.id, channels: group.channels, scores: scores?.length },
  );
};
