/** The operations of the compiled kernels; the place in the list is the code (assembly/operations.ts has the same order). */
const OPERATIONS = [
  'packShared',
  'multiply',
  'multiplyTransposed',
  'columnsToImage',
  'depthwise',
  'flipFilter',
  'depthwiseBackpropInput',
  'depthwiseBackpropFilter',
  'statisticsOfRows',
  'joinStatisticsOfChannels',
  'scaleOfChannels',
  'normalizeRows',
  'backwardSumsOfRows',
  'joinBackwardOfChannels',
  'backwardRows',
  'binaryOfBlock',
  'binaryScalarOfBlock',
  'binaryReversedOfBlock',
  'unaryOfBlock',
  'activationGradientOfBlock',
  'fillBlock',
  'copyBlock',
  'axpyOfBlock',
  'addManyOfBlock',
  'binaryRowOfRows',
  'binaryColumnOfRows',
  'columnSumsOfRows',
  'joinPartials',
  'sumOfBlock',
  'rowSumsOfRows',
  'scalePixels',
  'scaleBackward',
  'poolPixels',
  'spreadPixels',
  'sgdOfBlock',
  'adamWOfBlock',
  'emaOfBlock',
  'depthwiseBackpropFilterRows',
] as const;

export type Operation = (typeof OPERATIONS)[number];

export const OPERATION_CODES = Object.fromEntries(OPERATIONS.map((name, code) => [name, code])) as Record<
  Operation,
  number // Every name of the list is a key, which fromEntries cannot know.
>;
