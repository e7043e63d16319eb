import type { Exporter } from '../exporter.ts';
import { readDescription } from './metadata.ts';
import { openTflite } from './open.ts';
import { writeTflite } from './write.ts';

export const tfliteExporter: Exporter = {
  format: 'tflite',
  extension: '.tflite',
  precisions: ['fp32', 'fp16'],
  optimizable: false,
  write: writeTflite,
  describe: readDescription,
  open: openTflite,
};
