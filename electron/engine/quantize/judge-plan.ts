import { restorePixels } from '../data/normalization.ts';
import { AccuracyTally, type LabelledBatch } from '../measure/index.ts';
import type { QuantizationPlan } from './plan.ts';
import { simulate } from './simulate.ts';

/**
 * Top-1 accuracy of a plan's simulation. Leaves no tensors behind.
 *
 * @param batches of images, normalized, without augmentation
 */
export async function judgePlan(
  plan: QuantizationPlan,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
): Promise<number> {
  const { steps, output } = plan.program;
  const tally = new AccuracyTally(steps.find(({ name }) => name === output)!.shape[0]!);
  const simulation = simulate(plan);
  try {
    for await (const { images, labels, indices, size } of batches)
      tally.add(await simulation.run(restorePixels(images), size), labels, indices);
  } finally {
    simulation.dispose();
  }
  return tally.result().top1;
}
