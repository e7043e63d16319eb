import { type BuildArchitecture, makeDivisible, NetworkBuilder } from '../network-builder.ts';
import { StridePlan } from '../stride-plan.ts';

/** One line of table 2 in Sandler et al. 2018: expansion, output channels, repetitions, stride of the first. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** MobileNetV2 (Sandler et al. 2018) with the widths, names of blocks and dropout of torchvision. */
export const build: BuildArchitecture = (options) => {
  const builder = new NetworkBuilder({ epsilon: 1e-5, widths: options.channels });
  const strides = new StridePlan(options.firstStrides);
  const scaled = (channels: number): number => makeDivisible(channels * options.width);

  let width = scaled(32);
  let tail = builder.convBatchNorm(builder.input(3), 'stem', {
    width,
    kernel: 3,
    stride: options.stemStride,
    activation: 'relu6',
  });
  let block = 0;
  for (const [expansion, stageChannels, repetitions, firstStride] of STAGES) {
    for (let i = 0; i < repetitions; i++) {
      block += 1;
      const name = `block${String(block).padStart(2, '0')}`;
      const outWidth = scaled(stageChannels);
      const paperStride = i === 0 ? firstStride : 1;
      const stride = strides.next(paperStride);
      const shortcut = paperStride === 1 && outWidth === width ? tail : null;
      if (expansion !== 1) {
        tail = builder.convBatchNorm(tail, `${name}/expand`, {
          width: width * expansion,
          kernel: 1,
          stride: 1,
          activation: 'relu6',
        });
      }
      tail = builder.depthwiseBatchNorm(tail, `${name}/depthwise`, { kernel: 3, stride, activation: 'relu6' });
      tail = builder.project(tail, name, { width: outWidth, shortcut });
      width = outWidth;
    }
  }
  tail = builder.convBatchNorm(tail, 'head', {
    width: makeDivisible(1280 * Math.max(1, options.width)),
    kernel: 1,
    stride: 1,
    activation: 'relu6',
  });
  tail = builder.flatten(builder.pool(tail, 'head/pool'), 'head/flatten');
  tail = builder.dropout(tail, 'classifier/dropout', 0.2);
  builder.dense(tail, 'classifier/logits', { width: options.classes, fixed: true });
  return builder.finish({ ...options, architecture: 'mobilenet-v2' });
};
