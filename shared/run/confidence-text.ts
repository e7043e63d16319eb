/** Sentences about how sure networks are, the same in every view. */

export const UNLIKE_SENTENCE = 'This image is not like the ones it learned from; the answer means little.';

/** Below it an answer whose confidence is calibrated is more likely wrong than right. */
export const LOW_CONFIDENCE = 0.5;

/** Says whether percentages beside predictions can be taken as they are. */
export function describeCalibration(calibrated: boolean): string {
  return calibrated
    ? 'Confidence is calibrated on the validation images.'
    : 'Confidence is not calibrated, because this run is from an earlier version.';
}
