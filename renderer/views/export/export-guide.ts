import type { EXPORT_FORMATS, PRECISIONS } from '../../../shared/run/recipe.ts';

export type Format = (typeof EXPORT_FORMATS)[number];
export type Precision = (typeof PRECISIONS)[number];

/** What each format is for, for people who build apps. */
export const FORMATS: Readonly<Record<Format, { name: string; where: string; runtime: string }>> = {
  tflite: {
    name: 'TFLite',
    where: 'For Android and iOS apps, with LiteRT (TensorFlow Lite).',
    runtime: 'LiteRT',
  },
  onnx: {
    name: 'ONNX',
    where: 'For desktops and servers, with ONNX Runtime. Also for Windows ML, .NET and Java.',
    runtime: 'ONNX Runtime',
  },
  tfjs: {
    name: 'TF.js',
    where: 'For web pages, with TensorFlow.js. Unpack the .zip next to the page.',
    runtime: 'TensorFlow.js',
  },
};

/** Phones first. */
export const FORMAT_ORDER = ['tflite', 'onnx', 'tfjs'] as const satisfies readonly Format[];

/** What each precision costs and when to use it. */
export const PRECISION_GUIDE: Readonly<Record<Precision, string>> = {
  fp32: 'Stored as trained, in 32 bits: the largest file, with no loss. Use it when size does not matter, or as a reference.',
  fp16: 'Stored in 16 bits: half the size, usually with the same accuracy. Only graphics cards run it faster than fp32. Use it when int8 loses too much accuracy.',
  int8: 'Stored in 8 bits: a quarter of the size. It can cost accuracy, usually a few tenths of a point. The table shows how much once it is exported.',
  'int8-only':
    'Like int8, but inputs and outputs are 8-bit integers too. Use it for microcontrollers and accelerators without floating point.',
};

/** What int8 means in each format: not all of them compute with integers. */
const INT8: Readonly<Record<Format, string>> = {
  tflite: 'It also computes in integers, which is fastest on most phones.',
  onnx: 'It also computes in integers, which is faster on processors with int8 instructions.',
  tfjs: 'Only storage uses 8 bits. The page computes in 32 bits, so it is no faster.',
};

/** Says what a format and precision cost and when to use them. */
export function explainChoice(format: Format, precision: Precision): string {
  return precision === 'int8' ? `${PRECISION_GUIDE.int8} ${INT8[format]}` : PRECISION_GUIDE[precision];
}

/** Suggestions for people who have never exported a network. */
export const RECOMMENDATIONS = [
  {
    id: 'phone',
    title: 'A phone app',
    text: 'Smallest, and fastest on phones. Check how much accuracy it loses.',
    format: 'tflite',
    precision: 'int8',
  },
  {
    id: 'careful',
    title: 'A phone app, accuracy first',
    text: 'Half the size of fp32, with the trained accuracy.',
    format: 'tflite',
    precision: 'fp16',
  },
  {
    id: 'desktop',
    title: 'A desktop or server',
    text: 'Runs everywhere, with exactly the trained accuracy.',
    format: 'onnx',
    precision: 'fp32',
  },
  {
    id: 'web',
    title: 'A web page',
    text: 'Half the download, with the trained accuracy.',
    format: 'tfjs',
    precision: 'fp16',
  },
] as const satisfies readonly { id: string; title: string; text: string; format: Format; precision: Precision }[];
