import type { Activation } from '../compute/index.ts';
import type { Network } from './network.ts';
import { type ArchitectureOptions, makeDivisible, NetworkBuilder } from './network-builder.ts';
import { StridePlan } from './stride-plan.ts';

/** One line of table 1 or 2 in Howard et al. 2019. */
interface BlockLine {
  readonly kernel: 3 | 5;
  readonly expanded: number;
  readonly out: number;
  readonly squeeze: boolean;
  readonly activation: Activation;
  readonly stride: 1 | 2;
}

const RELU = 'relu';
const SWISH = 'hard-swish';

function line(
  kernel: 3 | 5,
  expanded: number,
  out: number,
  squeeze: boolean,
  activation: Activation,
  stride: 1 | 2,
): BlockLine {
  return { kernel, expanded, out, squeeze, activation, stride };
}

const LARGE: readonly BlockLine[] = [
  line(3, 16, 16, false, RELU, 1),
  line(3, 64, 24, false, RELU, 2),
  line(3, 72, 24, false, RELU, 1),
  line(5, 72, 40, true, RELU, 2),
  line(5, 120, 40, true, RELU, 1),
  line(5, 120, 40, true, RELU, 1),
  line(3, 240, 80, false, SWISH, 2),
  line(3, 200, 80, false, SWISH, 1),
  line(3, 184, 80, false, SWISH, 1),
  line(3, 184, 80, false, SWISH, 1),
  line(3, 480, 112, true, SWISH, 1),
  line(3, 672, 112, true, SWISH, 1),
  line(5, 672, 160, true, SWISH, 2),
  line(5, 960, 160, true, SWISH, 1),
  line(5, 960, 160, true, SWISH, 1),
];

const SMALL: readonly BlockLine[] = [
  line(3, 16, 16, true, RELU, 2),
  line(3, 72, 24, false, RELU, 2),
  line(3, 88, 24, false, RELU, 1),
  line(5, 96, 40, true, SWISH, 2),
  line(5, 240, 40, true, SWISH, 1),
  line(5, 240, 40, true, SWISH, 1),
  line(5, 120, 48, true, SWISH, 1),
  line(5, 144, 48, true, SWISH, 1),
  line(5, 288, 96, true, SWISH, 2),
  line(5, 576, 96, true, SWISH, 1),
  line(5, 576, 96, true, SWISH, 1),
];

const VARIANTS = {
  'mobilenet-v3-large': { lines: LARGE, hidden: 1280 },
  'mobilenet-v3-small': { lines: SMALL, hidden: 1024 },
} as const;

/** MobileNetV3-Large or -Small (Howard et al. 2019) as torchvision defines them. */
export function buildMobileNetV3(architecture: keyof typeof VARIANTS, options: ArchitectureOptions): Network {
  const { lines, hidden } = VARIANTS[architecture];
  const builder = new NetworkBuilder({ epsilon: 1e-3, widths: options.channels });
  const strides = new StridePlan(options.firstStrides);
  const scaled = (channels: number): number => makeDivisible(channels * options.width);

  let width = scaled(16);
  let tail = builder.convBatchNorm(builder.input(3), 'stem', {
    width,
    kernel: 3,
    stride: options.stemStride,
    activation: SWISH,
  });
  for (const [index, { kernel, expanded, out, squeeze, activation, stride: paperStride }] of lines.entries()) {
    const name = `block${String(index + 1).padStart(2, '0')}`;
    const [hiddenWidth, outWidth] = [scaled(expanded), scaled(out)];
    const stride = strides.next(paperStride);
    const shortcut = paperStride === 1 && outWidth === width ? tail : null;
    if (hiddenWidth !== width) {
      tail = builder.convBatchNorm(tail, `${name}/expand`, { width: hiddenWidth, kernel: 1, stride: 1, activation });
    }
    tail = builder.depthwiseBatchNorm(tail, `${name}/depthwise`, { kernel, stride, activation });
    if (squeeze) {
      const squeezeWidth = makeDivisible(Math.floor(hiddenWidth / 4));
      tail = builder.squeezeExcitation(tail, `${name}/squeeze`, { width: squeezeWidth });
    }
    tail = builder.project(tail, name, { width: outWidth, shortcut });
    width = outWidth;
  }
  tail = builder.convBatchNorm(tail, 'head', { width: 6 * width, kernel: 1, stride: 1, activation: SWISH });
  tail = builder.flatten(builder.pool(tail, 'head/pool'), 'head/flatten');
  tail = builder.dense(tail, 'classifier/hidden', { width: scaled(hidden) });
  tail = builder.activation(tail, 'classifier/hidden/hard-swish', SWISH);
  tail = builder.dropout(tail, 'classifier/dropout', 0.2);
  builder.dense(tail, 'classifier/logits', { width: options.classes, fixed: true });
  return builder.finish({ ...options, architecture });
}
