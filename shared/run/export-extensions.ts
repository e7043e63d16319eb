import type { EXPORT_FORMATS } from './recipe.ts';

/** How the file of each format ends. */
export const EXPORT_EXTENSIONS = {
  onnx: '.onnx',
  tflite: '.tflite',
  tfjs: '.tfjs.zip',
} as const satisfies Record<(typeof EXPORT_FORMATS)[number], string>;
