import { type BuildArchitecture, makeDivisible, NetworkBuilder } from '../network-builder.ts';
import { StridePlan } from '../stride-plan.ts';

/** One line of table 1 in Tan and Le 2019: expansion, kernel, output channels, repetitions, stride of the first. */
const STAGES = [
  [1, 3, 16, 1, 1],
  [6, 3, 24, 2, 2],
  [6, 5, 40, 2, 2],
  [6, 3, 80, 3, 2],
  [6, 5, 112, 3, 1],
  [6, 5, 192, 4, 2],
  [6, 3, 320, 1, 1],
] as const;

/**
 * EfficientNet-Lite0: EfficientNet-B0 (Tan and Le 2019) without squeeze-excitation and with ReLU6, which phones compute well in
 * 8-bit integers. As in Google's and timm's code, `width` leaves the first and last convolution as they are.
 */
export const build: BuildArchitecture = (options) => {
  const builder = new NetworkBuilder({ epsilon: 1e-5, widths: options.channels });
  const strides = new StridePlan(options.firstStrides);
  const activation = 'relu6';

  let width = 32;
  let tail = builder.convBatchNorm(builder.input(3), 'stem', {
    width,
    kernel: 3,
    stride: options.stemStride,
    activation,
  });
  let block = 0;
  for (const [expansion, kernel, stageChannels, repetitions, firstStride] of STAGES) {
    for (let i = 0; i < repetitions; i++) {
      block += 1;
      const name = `block${String(block).padStart(2, '0')}`;
      const outWidth = makeDivisible(stageChannels * options.width);
      const paperStride = i === 0 ? firstStride : 1;
      const stride = strides.next(paperStride);
      const shortcut = paperStride === 1 && outWidth === width ? tail : null;
      if (expansion !== 1) {
        const expanded = makeDivisible(width * expansion);
        tail = builder.convBatchNorm(tail, `${name}/expand`, { width: expanded, kernel: 1, stride: 1, activation });
      }
      tail = builder.depthwiseBatchNorm(tail, `${name}/depthwise`, { kernel, stride, activation });
      tail = builder.project(tail, name, { width: outWidth, shortcut });
      width = outWidth;
    }
  }
  tail = builder.convBatchNorm(tail, 'head', { width: 1280, kernel: 1, stride: 1, activation });
  tail = builder.flatten(builder.pool(tail, 'head/pool'), 'head/flatten');
  tail = builder.dropout(tail, 'classifier/dropout', 0.2);
  builder.dense(tail, 'classifier/logits', { width: options.classes, fixed: true });
  return builder.finish({ ...options, architecture: 'efficientnet-lite0' });
};
