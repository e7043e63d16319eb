import type { EpochMetrics } from '../../shared/run/report.ts';
import type { TrainingStage } from '../../shared/run/stages.ts';

/** Epochs of a stage without labels in which a network gets better. */
export function createLabelFreeEpochs(stage: TrainingStage, count: number): EpochMetrics[] {
  return Array.from({ length: count }, (_, epoch): EpochMetrics => {
    const done = (epoch + 1) / count;
    const neighbours = 0.2 + 0.4 * done;
    return {
      stage,
      epoch,
      learningRate: 0.05,
      loss: 5 - 2 * done,
      terms: { simclr: 5 - 2 * done },
      trainTop1: null,
      validationTop1: neighbours,
      validationLoss: null,
      embedding: {
        neighbours,
        probe: neighbours + 0.05,
        alignment: 0.3 + 0.2 * done,
        uniformity: -1 - 1.5 * done,
        deviation: 0.8,
      },
      macs: 18_100_000,
      imagesPerSecond: 200,
      elapsedMs: 10_000,
      skippedSteps: 0,
      lossScale: 1,
      hardest: [],
    };
  });
}
