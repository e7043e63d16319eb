import { type BackendName, type ComputeOptions, startCompute } from '../../compute/index.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { EXPORTERS } from '../../export/index.ts';
import { computeLogits, describeOnnxRuntime, openOnnxSession, percentile } from '../../measure/index.ts';
import {
  type Architecture,
  buildNetwork,
  countNetwork,
  foldBatchNorm,
  initializeWeights,
  Parameters,
} from '../../model/index.ts';
import { cutNetwork, scoreGroups, selectChannels } from '../../prune/index.ts';
import { openInference } from '../context/inference.ts';
import type { Model } from '../context/models.ts';

export interface BenchInferenceOptions extends ComputeOptions {
  /** Height and width of the images, pixels. */
  readonly size: number;
  /** Images at a time, one measurement each. */
  readonly batches: readonly number[];
  /** MobileNetV2 by default. */
  readonly architecture?: Architecture;
  /** Of the first convolution: 2, torchvision's, unless said otherwise. */
  readonly stemStride?: 1 | 2;
  /** Timed inferences of each. */
  readonly steps: number;
  readonly clock?: Clock;
}

export interface BenchInferenceResult {
  readonly what: 'inference';
  readonly backend: BackendName;
  readonly threads: number;
  /** What the exported files ran in. */
  readonly runtime: string;
  readonly architecture: Architecture;
  readonly size: number;
  readonly stem_stride: number;
  readonly results: {
    readonly network: 'full' | 'compressed';
    readonly macs: number;
    readonly batch: number;
    /** Medians; on our back end. */
    readonly decant_ms: number;
    readonly decant_images_per_s: number;
    /** As the accuracy of a report is computed. */
    readonly evaluation_ms: number;
    readonly evaluation_images_per_s: number;
    /** The exported file. */
    readonly onnx_ms: number;
    readonly onnx_images_per_s: number;
    /** Images a second on our back end by ONNX Runtime's. */
    readonly ratio: number;
    /** The same of the evaluation. */
    readonly evaluation_ratio: number;
  }[];
}

/** Share of its MACs that the compressed network keeps: the recipe's default. */
const COMPRESSED = 0.6;

/**
 * Times the forward pass of a network with 1000 classes, whole and cut to 60 % of its MACs, in turns: on our back end, as
 * evaluation computes it (`openInference`), and as the exported file in ONNX Runtime's CPU provider with as many threads.
 * Batch norm is folded in all; images are in memory, logits end up there. Starts the back end and leaves it active.
 * Throws as `startCompute`.
 */
export async function benchInference({
  size,
  batches,
  architecture = 'mobilenet-v2',
  stemStride = 2,
  steps,
  clock = systemClock,
  ...compute
}: BenchInferenceOptions): Promise<BenchInferenceResult> {
  const { backend, threads } = await startCompute(compute);
  const random = new Random('inference');
  const network = buildNetwork({ architecture, classes: 1000, inputSize: size, stemStride });
  const full: Model = { network, weights: initializeWeights(network, random.fork('weights')) };
  const results: BenchInferenceResult['results'][number][] = [];
  for (const [network, model] of [['full', full] as const, ['compressed', compress(full, random)] as const])
    for (const batch of batches) {
      const times = await timeInTurns(model, { batch, steps, threads, random, clock });
      results.push({
        network,
        macs: countNetwork(model.network).macs,
        batch,
        decant_ms: round(times.decant, 3),
        decant_images_per_s: round((1000 * batch) / times.decant, 1),
        evaluation_ms: round(times.evaluation, 3),
        evaluation_images_per_s: round((1000 * batch) / times.evaluation, 1),
        onnx_ms: round(times.onnx, 3),
        onnx_images_per_s: round((1000 * batch) / times.onnx, 1),
        ratio: round(times.onnx / times.decant, 3),
        evaluation_ratio: round(times.onnx / times.evaluation, 3),
      });
    }
  const runtime = describeOnnxRuntime(threads);
  return { what: 'inference', backend, threads, runtime, architecture, size, stem_stride: stemStride, results };
}

/** As the defaults of a recipe would cut it, by the size of its weights. */
function compress({ network, weights }: Model, random: Random): Model {
  const scores = scoreGroups('l1', { network, weights, random });
  const budget = { macs: Math.floor(COMPRESSED * countNetwork(network).macs), parameters: undefined };
  return cutNetwork(
    network,
    weights,
    selectChannels(network, scores, { policy: 'global', budget, reference: network }),
  );
}

const WAYS = ['decant', 'evaluation', 'onnx'] as const;
/** Each way comes after each other one equally often. */
const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
  [0, 2, 1],
  [2, 0, 1],
  [1, 0, 2],
] as const;
const WARM_UP = 3;

/** Median milliseconds of a batch in each. */
async function timeInTurns(
  { network, weights }: Model,
  options: { batch: number; steps: number; threads: number; random: Random; clock: Clock },
): Promise<Record<(typeof WAYS)[number], number>> {
  const { batch, steps, threads, random, clock } = options;
  const classes = Array.from({ length: network.classes }, (_, i) => String(i));
  const session = await openOnnxSession(EXPORTERS.onnx.write({ network, weights, classes }), { threads });
  const evaluation = await openInference({ network, weights });
  const folded = foldBatchNorm(network, weights);
  const parameters = Parameters.fromWeights(folded.network, folded.weights);
  const draw = random.fork('images', batch);
  const values = batch * network.inputSize[0] * network.inputSize[1] * 3;
  const images = Float32Array.from({ length: values }, () => draw.normal());
  const pixels = Float32Array.from({ length: values }, () => draw.integer(256));
  const work = {
    decant: () => computeLogits(folded.network, parameters, { images, size: batch }),
    evaluation: () => evaluation.computeLogits({ images, size: batch }),
    onnx: () => session.run(pixels, batch),
  };
  const times = { decant: [] as number[], evaluation: [] as number[], onnx: [] as number[] };
  try {
    for (let round = -WARM_UP; round < steps; round++)
      for (const way of ORDERS[(round + WARM_UP) % ORDERS.length]!) {
        const name = WAYS[way];
        const startedAt = clock.elapsedMs();
        await work[name]();
        const elapsedMs = clock.elapsedMs() - startedAt;
        if (round >= 0) times[name].push(elapsedMs);
      }
  } finally {
    parameters.dispose();
    await evaluation.close();
    await session.close();
  }
  return {
    decant: percentile(times.decant, 0.5),
    evaluation: percentile(times.evaluation, 0.5),
    onnx: percentile(times.onnx, 0.5),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
