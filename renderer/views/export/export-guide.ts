import type { EXPORT_FORMATS, PRECISIONS } from '../../../shared/run/recipe.ts';

export type Format = (typeof EXPORT_FORMATS)[number];
export type Precision = (typeof PRECISIONS)[number];

/** What a format is for, in words for those who build apps. */
export const FORMATS: Readonly<Record<Format, { name: string; where: string; runtime: string }>> = {
  tflite: {
    name: 'TFLite',
    where: 'For apps on Android and iOS, with LiteRT (TensorFlow Lite).',
    runtime: 'LiteRT',
  },
  onnx: {
    name: 'ONNX',
    where: 'For desktops and servers, with ONNX Runtime; also for Windows ML, .NET and Java.',
    runtime: 'ONNX Runtime',
  },
  tfjs: {
    name: 'TF.js',
    where: 'For web pages, with TensorFlow.js; a .zip to be unpacked beside the page.',
    runtime: 'TensorFlow.js',
  },
};

/** Phones first. */
export const FORMAT_ORDER = ['tflite', 'onnx', 'tfjs'] as const satisfies readonly Format[];

/** What a precision costs and when to take it. */
export const PRECISION_GUIDE: Readonly<Record<Precision, string>> = {
  fp32: 'Stored as trained, in 32 bits: the largest file, and nothing lost. Take it where size does not matter, and to compare others with.',
  fp16: 'Stored in 16 bits: half the size, and as a rule the same accuracy. It computes as fast as fp32, save on graphics cards. Take it where int8 loses too much.',
  int8: 'Stored in 8 bits: a quarter of the size. It may cost accuracy, as a rule some tenths of a point; how much stands in the table once it is exported.',
  'int8-only':
    'As int8, and images go in and answers come out as 8-bit integers too. Take it for microcontrollers and accelerators that know no floats.',
};

/** What int8 means in a format: only some of them compute with integers. */
const INT8: Readonly<Record<Format, string>> = {
  tflite: 'It computes in integers too, which is the fastest there is on most phones.',
  onnx: 'It computes in integers too, which is faster on processors with instructions for it.',
  tfjs: 'It is only stored so; the page computes in 32 bits, so it is no faster.',
};

/** What a file of this format and precision costs, and when to choose it. */
export function explainChoice(format: Format, precision: Precision): string {
  return precision === 'int8' ? `${PRECISION_GUIDE.int8} ${INT8[format]}` : PRECISION_GUIDE[precision];
}

/** The first questions of those who have never exported a network. */
export const RECOMMENDATIONS = [
  {
    id: 'phone',
    title: 'A phone app',
    text: 'Smallest, and fastest on phones; look at what it loses.',
    format: 'tflite',
    precision: 'int8',
  },
  {
    id: 'careful',
    title: 'A phone, accuracy first',
    text: 'Half the size of fp32, accuracy as trained.',
    format: 'tflite',
    precision: 'fp16',
  },
  {
    id: 'desktop',
    title: 'A desktop or server',
    text: 'Runs everywhere; accuracy exactly as trained.',
    format: 'onnx',
    precision: 'fp32',
  },
  {
    id: 'web',
    title: 'A web page',
    text: 'Half to download, accuracy as trained.',
    format: 'tfjs',
    precision: 'fp16',
  },
] as const satisfies readonly { id: string; title: string; text: string; format: Format; precision: Precision }[];
