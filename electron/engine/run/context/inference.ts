import { activeCompute } from '../../compute/index.ts';
import { openNetworkSession } from '../../export/index.ts';
import {
  AccuracyTally,
  computeLogits,
  describeOnnxRuntime,
  type Evaluation,
  type LabelledBatch,
} from '../../measure/index.ts';
import { foldBatchNorm, Parameters } from '../../model/index.ts';
import type { Model } from './models.ts';

/** A network that is asked about batches of images, and nothing else. */
export interface Inference {
  /** What computes: its name, with its version or device. */
  readonly runtime: string;
  /** Logits `[size, classes]` of normalized images `[size, height, width, 3]`. */
  computeLogits(batch: Pick<LabelledBatch, 'images' | 'size'>): Promise<Float32Array>;
  /** Frees what it holds. */
  close(): Promise<void>;
}

/** Back ends on the processor, where ONNX Runtime is faster: it may use wider vectors than WebAssembly. */
const ON_PROCESSOR: ReadonlySet<string> = new Set(['simd', 'cpu']);

/**
 * Opens a network for inference where it is computed fastest; this is the one place that decides. A graphics card's back
 * end computes itself. On the processor ONNX Runtime does, with as many threads as the back end has, and gives the same
 * logits up to rounding. Weights that are not finite stay on the back end, since minima and maxima may hide them.
 *
 * Training does not ask here: what it decides depends on the active back end alone.
 *
 * @param compute the active back end; for tests
 * @throws DecantError `weights.mismatch`
 */
export async function openInference(model: Model, compute = activeCompute()): Promise<Inference> {
  if (compute && ON_PROCESSOR.has(compute.backend) && hasFiniteWeights(model)) {
    const session = await openNetworkSession(model, { threads: compute.threads });
    return { ...session, runtime: describeOnnxRuntime(compute.threads) };
  }
  const { network, weights } = foldBatchNorm(model.network, model.weights);
  const parameters = Parameters.fromWeights(network, weights);
  return {
    runtime: compute ? `Decant, ${compute.backend}, ${compute.device}` : 'Decant',
    computeLogits: (batch) => computeLogits(network, parameters, batch),
    async close() {
      parameters.dispose();
    },
  };
}

/**
 * Accuracy, loss and confusion of a network on labelled images, and what computed them.
 *
 * @throws DecantError `training.diverged` for a logit that is not finite, `weights.mismatch`
 */
export async function evaluateNetwork(
  model: Model,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
): Promise<Evaluation & { runtime: string }> {
  const inference = await openInference(model);
  try {
    const tally = new AccuracyTally(model.network.classes);
    for await (const batch of batches) tally.add(await inference.computeLogits(batch), batch.labels, batch.indices);
    return { ...tally.result(), runtime: inference.runtime };
  } finally {
    await inference.close();
  }
}

function hasFiniteWeights({ weights }: Model): boolean {
  return [...weights.values()].every(({ values }) => values.every(Number.isFinite));
}
