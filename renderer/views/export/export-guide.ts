import type { ExportFormat } from '../../../shared/run/export-files.ts';
import type { PRECISIONS } from '../../../shared/run/recipe.ts';

export type Format = ExportFormat;
export type Precision = (typeof PRECISIONS)[number];

/** What each format is for, for people who build apps. */
export const USES: Readonly<Record<Format, string>> = {
  tflite: 'For Android and iOS apps, with LiteRT (TensorFlow Lite).',
  coreml: 'For iOS and macOS apps, with Core ML. Unpack the .zip and drag the package into Xcode.',
  onnx: 'For desktops and servers, with ONNX Runtime. Also for Windows ML, .NET and Java.',
  tfjs: 'For web pages, with TensorFlow.js. Unpack the .zip next to the page.',
};

/** What each precision costs and when to use it. */
export const PRECISION_GUIDE: Readonly<Record<Precision, string>> = {
  fp32: 'Stored as trained, in 32 bits: the largest file, with no loss. Use it when size does not matter, or as a reference.',
  fp16: 'Stored in 16 bits: half the size, usually with the same accuracy. Use it when int8 loses too much accuracy.',
  int8: 'Stored in 8 bits: a quarter of the size. It can cost accuracy, usually a few tenths of a point. The table shows how much once it is exported.',
  'int8-only':
    'Like int8, but inputs and outputs are 8-bit integers too. Use it for microcontrollers and accelerators without floating point.',
};

/** What a precision means in a format, where it is not the same in all. */
const MEANINGS: Readonly<Partial<Record<Format, Partial<Record<Precision, string>>>>> = {
  tflite: {
    fp16: 'Only graphics cards run it faster than fp32.',
    int8: 'It also computes in integers, which is fastest on most phones.',
  },
  coreml: {
    fp32: 'Core ML computes it on the processor or the graphics card.',
    fp16: 'It also computes in 16 bits, so that Core ML can use the Neural Engine.',
  },
  onnx: {
    fp16: 'Only graphics cards run it faster than fp32.',
    int8: 'It also computes in integers, which is faster on processors with int8 instructions.',
  },
  tfjs: {
    fp16: 'The page computes in 32 bits, so it is no faster.',
    int8: 'Only storage uses 8 bits. The page computes in 32 bits, so it is no faster.',
  },
};

/** Says what a format and precision cost and when to use them. */
export function explainChoice(format: Format, precision: Precision): string {
  return [PRECISION_GUIDE[precision], MEANINGS[format]?.[precision]].filter(Boolean).join(' ');
}

/** Suggestions for people who have never exported a network. */
export const RECOMMENDATIONS = [
  {
    id: 'phone',
    title: 'A phone app',
    text: 'Smallest, and fastest on Android phones. Check how much accuracy it loses.',
    format: 'tflite',
    precision: 'int8',
  },
  {
    id: 'apple',
    title: 'An iPhone or Mac app',
    text: 'Half the size of fp32, with the trained accuracy. It can use the Neural Engine.',
    format: 'coreml',
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
