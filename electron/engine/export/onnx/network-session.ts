import { NORMALIZE } from '../../data/normalization.ts';
import { listSteps } from '../../lowering/index.ts';
import { type LabelledBatch, openOnnxSession } from '../../measure/index.ts';
import { checkWeights, featureShapes, type Network, parameterSpecs, type Weights } from '../../model/index.ts';
import { encodeModel, type OnnxGraph } from '../../onnx/messages.ts';
import { buildGraph, INPUT } from './graph.ts';
import { describeValue, NodeList } from './node-list.ts';
import { floatNumbers } from './numbers.ts';
import { IR_VERSION, OPERATOR_SET } from './write.ts';

const CHANNELS_LAST = 'normalized';

/** A network in ONNX Runtime on the CPU that is given what our own forward pass is given. */
export interface NetworkSession {
  /** Logits `[size, classes]` of normalized images `[size, height, width, 3]`. */
  computeLogits(batch: Pick<LabelledBatch, 'images' | 'size'>): Promise<Float32Array>;
  /** Frees the native memory. */
  close(): Promise<void>;
}

/** Bytes that the largest feature map of the images of one run takes at most: smaller runs are slower, larger ones are not faster. */
const LARGEST_MAP_BYTES = 2 ** 27;

/**
 * Loads a network in ONNX Runtime: as in an exported file, but without the normalization of pixels. Logits are those of
 * the forward pass up to rounding. They do not depend on how images are grouped into batches.
 *
 * @param threads of one operation; 0: one for each core
 * @throws DecantError `weights.mismatch`, `network.invalid` for a network that does not take RGB images
 */
export async function openNetworkSession(
  { network, weights }: { network: Network; weights: Weights },
  { threads = 0 }: { threads?: number } = {},
): Promise<NetworkSession> {
  checkWeights(parameterSpecs(network), weights);
  const session = await openOnnxSession(writeNormalized(network, weights), { threads, channelsLast: true });
  const [height, width] = network.inputSize;
  const length = NORMALIZE.factors.length * height * width;
  const atOnce = countAtOnce(network);
  return {
    async computeLogits({ images, size }) {
      const logits = new Float32Array(size * network.classes);
      const share = Math.ceil(size / Math.ceil(size / atOnce));
      for (let first = 0; first < size; first += share) {
        const count = Math.min(share, size - first);
        const some = images.subarray(first * length, (first + count) * length);
        logits.set(await session.run(some, count), first * network.classes);
      }
      return logits;
    },
    close: () => session.close(),
  };
}

/** The exported file's graph behind its normalization, which is the first step, with images as batches have them. */
function writeNormalized(network: Network, weights: Weights): Uint8Array {
  const { steps, ...program } = listSteps(network, weights);
  const [normalization, ...others] = steps;
  const graph = buildGraph(
    { ...program, input: normalization!.name, steps: others },
    network.architecture,
    floatNumbers({ half: false }),
  );
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'decant',
    docString: '',
    graph: takeChannelsLast(graph, network.inputSize),
    opsetImport: [{ domain: '', version: OPERATOR_SET }],
    metadataProps: [],
  });
}

/** The same graph, but it takes `[batch, height, width, 3]`: ONNX Runtime transposes faster than JavaScript. */
function takeChannelsLast(graph: OnnxGraph, [height, width]: Network['inputSize']): OnnxGraph {
  const list = new NodeList();
  list.renameValue(list.emit('transpose', 'Transpose', [CHANNELS_LAST], { perm: { ints: [0, 3, 1, 2] } }), INPUT);
  return {
    ...graph,
    node: [...list.nodes, ...graph.node],
    input: [describeValue(CHANNELS_LAST, ['batch', height, width, NORMALIZE.factors.length])],
  };
}

function countAtOnce(network: Network): number {
  const sizes = [...featureShapes(network).values()].map(([height, width, channels]) => height * width * channels);
  return Math.max(1, Math.floor(LARGEST_MAP_BYTES / (4 * Math.max(...sizes))));
}
