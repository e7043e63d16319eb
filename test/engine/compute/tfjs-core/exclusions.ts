export interface Exclusion {
  /** A part of the test's full name. */
  readonly test: string;
  readonly reason: string;
}

/** Tests of tfjs-core that are not run, each with the reason. */
export const EXCLUSIONS: readonly Exclusion[] = [];

const NO_KERNEL = 'tfjs has no such kernel for WebGPU, and the engine does not use it';
const NO_CANVAS = 'takes pictures from a browser, which Node is not';
const NAN = "tfjs's program loses NaN where the device's function does not return it, as the software rasterizer's";
const INEXACT = "the software rasterizer's function is less exact than the test asks";

const WEBGPU_REASONS: Readonly<Record<string, readonly string[]>> = {
  [NO_KERNEL]: [
    'bitwiseAnd webgpu',
    'NonMaxSuppressionPadded',
    'raggedGather  webgpu',
    'raggedRange  webgpu',
    'raggedTensorToTensor  webgpu',
    'sparseFillEmptyRows webgpu',
    'sparseReshape webgpu',
    'sparseSegmentMean webgpu',
    'sparseSegmentSum webgpu',
    'staticRegexReplace webgpu',
    'stringSplit webgpu',
    'stringToHashBucketFast webgpu',
    'unique webgpu',
  ],
  [NO_CANVAS]: ['fromPixels, mock canvas webgpu'],
  [NAN]: [
    ...['acosh', 'asinh', 'atanh', 'sigmoid'].map((name) => inSuite(name, 'propagates NaNs')),
    inSuite('log', 'log propagates NaNs'),
    inSuite('softmax', 'Propagates NaNs'),
  ],
  [INEXACT]: [
    inSuite('cos', 'gradients: Scalar'),
    inSuite('cos', 'gradient with clones'),
    inSuite('exp', 'int32'),
    inSuite('tan', 'numbers exceed float32 precision'),
    inSuite('tan', 'gradients: Tensor2D'),
  ],
  "tfjs's program of a cumulative sum or product has the length in its code but not in its name in the cache": [
    inSuite('cumsum', 'gradient'),
    inSuite('prod', 'gradients: prod(reduce on 2 axes)'),
    inSuite('prod', 'gradients: prod(tensor with zeros)'),
    inSuite('prod', 'gradients: prod(2d, axis=0) and varied gradient values'),
  ],
  "tfjs's program does not compile": ['threshold webgpu {"WEBGPU_CPU_FORWARD":false} method otsu'],
  "disposes a tensor while it is being read, for which tfjs's back end does not wait": [
    inSuite('tensor.data', '.data() postpones disposal of tensor'),
    inSuite('tensor.data', 'calling .data() twice works'),
  ],
  "tf.time measures tfjs's own programs only": ['time cpu webgpu {"WEBGPU_CPU_FORWARD":false} simple upload'],
  'programs cannot throw': [inSuite('gather', 'throws when index is out of bound')],
};

function inSuite(suite: string, test: string): string {
  return `${suite} webgpu {"WEBGPU_CPU_FORWARD":false} ${test}`;
}

/** Those that are not run on webgpu. */
export const WEBGPU_EXCLUSIONS: readonly Exclusion[] = Object.entries(WEBGPU_REASONS).flatMap(([reason, tests]) =>
  tests.map((test) => ({ test, reason })),
);
