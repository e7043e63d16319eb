import { type MethodModule, statelessMethod } from '../method.ts';
import { featureLoss } from './features.ts';

/**
 * The mean squared difference between the map that a student hands to the teacher's classifier and the teacher's own, of each
 * image `[batch]` (SimKD, Chen et al. 2022). The projector is part of the student's network, which keeps it. A
 * teacher's map of another height and width is brought to the student's; the authors bring the larger to the smaller.
 */
export const method: MethodModule<'simkd'> = {
  open: () => statelessMethod(({ lastMaps }) => featureLoss(lastMaps!.student, lastMaps!.teacher)), // The table says that it needs them.
};
