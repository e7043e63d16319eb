import { type BuildArchitecture, makeDivisible, NetworkBuilder } from '../network-builder.ts';
import { StridePlan } from '../stride-plan.ts';

interface Convolution {
  readonly kernel: 1 | 3;
  readonly out: number;
  readonly stride: 1 | 2;
}

/** A universal inverted bottleneck: up to two depthwise convolutions, before and after the expansion; 0: none. */
interface Bottleneck {
  readonly start: 0 | 3 | 5;
  readonly middle: 0 | 3 | 5;
  readonly expansion: number;
  readonly out: number;
  readonly stride: 1 | 2;
}

function conv(kernel: 1 | 3, out: number, stride: 1 | 2): Convolution {
  return { kernel, out, stride };
}

function uib(start: 0 | 3 | 5, middle: 0 | 3 | 5, expansion: number, out: number, stride: 1 | 2 = 1): Bottleneck {
  return { start, middle, expansion, out, stride };
}

/** The blocks of MNv4-Conv-S in Qin et al. 2024, after the stem. */
const BLOCKS: readonly (Convolution | Bottleneck)[] = [
  conv(3, 32, 2),
  conv(1, 32, 1),
  conv(3, 96, 2),
  conv(1, 64, 1),
  uib(5, 5, 3, 96, 2),
  uib(0, 3, 2, 96),
  uib(0, 3, 2, 96),
  uib(0, 3, 2, 96),
  uib(0, 3, 2, 96),
  uib(3, 0, 4, 96),
  uib(3, 3, 6, 128, 2),
  uib(5, 5, 4, 128),
  uib(0, 5, 4, 128),
  uib(0, 5, 3, 128),
  uib(0, 3, 4, 128),
  uib(0, 3, 4, 128),
  conv(1, 960, 1),
];

const RELU = 'relu';

/** MobileNetV4-Conv-Small (Qin et al. 2024) as timm defines it: the last convolution follows the pooling, with a batch norm. */
export const build: BuildArchitecture = (options) => {
  const builder = new NetworkBuilder({ epsilon: 1e-5, widths: options.channels });
  const strides = new StridePlan(options.firstStrides);
  const scaled = (channels: number): number => makeDivisible(channels * options.width);
  const pointwise = { kernel: 1, stride: 1 } as const;

  let width = scaled(32);
  let tail = builder.convBatchNorm(builder.input(3), 'stem', {
    width,
    kernel: 3,
    stride: options.stemStride,
    activation: RELU,
  });
  for (const [index, block] of BLOCKS.entries()) {
    const name = `block${String(index + 1).padStart(2, '0')}`;
    const outWidth = scaled(block.out);
    const stride = strides.next(block.stride);
    if ('kernel' in block) {
      tail = builder.convBatchNorm(tail, name, { width: outWidth, kernel: block.kernel, stride, activation: RELU });
    } else {
      const { start, middle, expansion } = block;
      const shortcut = block.stride === 1 && outWidth === width ? tail : null;
      if (start > 0) {
        // The stride is that of the last depthwise convolution.
        const own = middle > 0 ? 1 : stride;
        tail = builder.depthwiseBatchNorm(tail, `${name}/start`, { kernel: start, stride: own, activation: 'none' });
      }
      const expanded = makeDivisible(width * expansion);
      tail = builder.convBatchNorm(tail, `${name}/expand`, { ...pointwise, width: expanded, activation: RELU });
      if (middle > 0)
        tail = builder.depthwiseBatchNorm(tail, `${name}/depthwise`, { kernel: middle, stride, activation: RELU });
      tail = builder.project(tail, name, { width: outWidth, shortcut });
    }
    width = outWidth;
  }
  tail = builder.pool(tail, 'head/pool');
  tail = builder.convBatchNorm(tail, 'head', { ...pointwise, width: 1280, activation: RELU });
  tail = builder.flatten(tail, 'head/flatten');
  tail = builder.dropout(tail, 'classifier/dropout', 0.2);
  builder.dense(tail, 'classifier/logits', { width: options.classes, fixed: true });
  return builder.finish({ ...options, architecture: 'mobilenet-v4-conv-small' });
};
