import { describeReuse } from '../../../../shared/run/reused-classifier.ts';
import { countNetwork, countReused, type Network } from '../../model/index.ts';

/** What a student pays for its teacher's classifier, in one sentence; null where it has its own. */
export function noteReuse(student: Network): string | null {
  const reused = countReused(student);
  return reused && describeReuse(reused, countNetwork(student));
}
