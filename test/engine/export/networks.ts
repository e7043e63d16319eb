import type { ExportRequest } from '../../../electron/engine/export/index.ts';
import type { Reference } from '../../../electron/engine/export/request.ts';
import { buildNetwork, type Network, reuseClassifier } from '../../../electron/engine/model/index.ts';
import { channelGroups, resizeNetwork } from '../../../electron/engine/prune/index.ts';
import { referenceLogits } from '../../helpers/reference-forward.ts';
import { drawCase } from '../prune/random-network.ts';
import { drawPixels, normalize, requestOf } from './samples.ts';

/** The same network with odd, uneven widths, as after pruning without a multiple. */
function shapeUnevenly(network: Network): Network {
  const groups = channelGroups(network);
  const widths = groups
    .filter((group) => group.prunable)
    .map((group, i) => [group.id, Math.max(1, group.channels - 2 * (i % 3) - 1)] as const);
  return resizeNetwork(network, groups, new Map(widths));
}

const small = { width: 0.2, classes: 6, inputSize: 32 } as const;
/** Networks of every kind of node, shape and width that exporters have to cope with, by name. */
export const networks: Record<string, Network> = {
  'mobilenet-v2': buildNetwork({ architecture: 'mobilenet-v2', ...small }),
  'mobilenet-v3-large': buildNetwork({ architecture: 'mobilenet-v3-large', ...small }),
  'mobilenet-v3-small': buildNetwork({ architecture: 'mobilenet-v3-small', ...small }),
  'mobilenet-v4-conv-small': buildNetwork({ architecture: 'mobilenet-v4-conv-small', ...small }),
  'mobilenet-v2, oblong, stem stride 1': buildNetwork({
    architecture: 'mobilenet-v2',
    width: 0.1,
    classes: 2,
    inputSize: [24, 17],
    stemStride: 1,
  }),
  'a batch norm that no convolution can take in': {
    format: 'decant-network',
    version: 1,
    architecture: 'by hand',
    inputSize: [5, 4],
    classes: 3,
    nodes: [
      { op: 'input', name: 'image', channels: 3 },
      { op: 'batchNorm', name: 'norm', input: 'image', channels: 3, epsilon: 0.01, activation: 'hard-swish' },
      { op: 'activation', name: 'none', input: 'norm', activation: 'none' },
      { op: 'add', name: 'add', inputs: ['image', 'none', 'norm'] },
      { op: 'globalAveragePool', name: 'pool', input: 'add' },
      { op: 'flatten', name: 'flatten', input: 'pool' },
      { op: 'dense', name: 'logits', input: 'flatten', inFeatures: 3, outFeatures: 3, bias: false },
      { op: 'dropout', name: 'dropout', input: 'logits', rate: 0.5 },
    ],
    output: 'dropout',
  },
};
networks['mobilenet-v2, uneven widths'] = shapeUnevenly(buildNetwork({ architecture: 'mobilenet-v2', ...small }));
networks['mobilenet-v3-large, uneven widths'] = shapeUnevenly(
  buildNetwork({ architecture: 'mobilenet-v3-large', ...small }),
);
networks['mobilenet-v2 with the classifier of mobilenet-v3-large, uneven widths'] = shapeUnevenly(
  reuseClassifier(networks['mobilenet-v2']!, networks['mobilenet-v3-large']!),
);
for (let i = 0; i < 6; i++) networks[`random blocks ${i}`] = drawCase(`export-${i}`).network;

/**
 * What an exported file is to answer: bytes of images and their logits by plain loops in double precision, unfolded.
 *
 * @param alter another network to compute the logits of
 */
export function expectedLogits(
  name: string,
  { images = 2, alter = (request) => request }: { images?: number; alter?: (request: ExportRequest) => Reference } = {},
) {
  const network = networks[name]!;
  const request = requestOf(network, name);
  const reference = alter(request);
  const pixels = drawPixels(network, images, name);
  const normalized = normalize(pixels);
  const length = normalized.length / images;
  const logits = Array.from({ length: images }, (_, i) => i).flatMap((i) => [
    ...referenceLogits(reference.network, reference.weights, normalized.subarray(i * length, (i + 1) * length)),
  ]);
  return { request, pixels, logits, range: Math.max(...logits) - Math.min(...logits) };
}
