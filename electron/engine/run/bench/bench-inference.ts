import { type BackendName, type ComputeOptions, startCompute } from '../../compute/index.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { EXPORTERS } from '../../export/index.ts';
import { computeLogits, describeOnnxRuntime, openOnnxSession, percentile } from '../../measure/index.ts';
import { buildNetwork, countNetwork, foldBatchNorm, initializeWeights, Parameters } from '../../model/index.ts';
import { cutNetwork, scoreGroups, selectChannels } from '../../prune/index.ts';
import type { Model } from '../context/models.ts';

export interface BenchInferenceOptions extends ComputeOptions {
  /** Height and width of the images, pixels. */
  readonly size: number;
  /** Images at a time, one measurement each. */
  readonly batches: readonly number[];
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
  readonly size: number;
  readonly results: {
    readonly network: 'full' | 'compressed';
    readonly macs: number;
    readonly batch: number;
    /** Medians. */
    readonly decant_ms: number;
    readonly decant_images_per_s: number;
    readonly onnx_ms: number;
    readonly onnx_images_per_s: number;
    /** Decant's images a second by ONNX Runtime's. */
    readonly ratio: number;
  }[];
}

/** Share of its MACs that the compressed network keeps: the recipe's default. */
const COMPRESSED = 0.6;

/**
 * Times the forward pass of MobileNetV2 with 1000 classes, whole and cut to 60 % of its MACs, on our back end and as the
 * exported file in ONNX Runtime's CPU provider with as many threads, in turns. Batch norm is folded in both; images are
 * in memory, logits end up there. Starts the back end and leaves it active. Throws as `startCompute`.
 */
export async function benchInference({
  size,
  batches,
  steps,
  clock = systemClock,
  ...compute
}: BenchInferenceOptions): Promise<BenchInferenceResult> {
  const { backend, threads } = await startCompute(compute);
  const random = new Random('inference');
  const full = makeFull(size, random);
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
        onnx_ms: round(times.onnx, 3),
        onnx_images_per_s: round((1000 * batch) / times.onnx, 1),
        ratio: round(times.onnx / times.decant, 3),
      });
    }
  return { what: 'inference', backend, threads, runtime: describeOnnxRuntime(threads), size, results };
}

function makeFull(size: number, random: Random): Model {
  const network = buildNetwork({ architecture: 'mobilenet-v2', classes: 1000, inputSize: size });
  return { network, weights: initializeWeights(network, random.fork('weights')) };
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

/** Median milliseconds of a batch in each. */
async function timeInTurns(
  { network, weights }: Model,
  options: { batch: number; steps: number; threads: number; random: Random; clock: Clock },
): Promise<{ decant: number; onnx: number }> {
  const { batch, steps, threads, random, clock } = options;
  const classes = Array.from({ length: network.classes }, (_, i) => String(i));
  const session = await openOnnxSession(EXPORTERS.onnx.write({ network, weights, classes }), { threads });
  const folded = foldBatchNorm(network, weights);
  const parameters = Parameters.fromWeights(folded.network, folded.weights);
  const draw = random.fork('images', batch);
  const values = batch * network.inputSize[0] * network.inputSize[1] * 3;
  const images = Float32Array.from({ length: values }, () => draw.normal());
  const pixels = Float32Array.from({ length: values }, () => draw.integer(256));
  const work = {
    decant: () => computeLogits(folded.network, parameters, { images, size: batch }),
    onnx: () => session.run(pixels, batch),
  };
  const times = { decant: [] as number[], onnx: [] as number[] };
  try {
    for (let round = -3; round < steps; round++)
      for (const name of ['decant', 'onnx'] as const) {
        const startedAt = clock.elapsedMs();
        await work[name]();
        const elapsedMs = clock.elapsedMs() - startedAt;
        if (round >= 0) times[name].push(elapsedMs);
      }
  } finally {
    parameters.dispose();
    await session.close();
  }
  return { decant: percentile(times.decant, 0.5), onnx: percentile(times.onnx, 0.5) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
