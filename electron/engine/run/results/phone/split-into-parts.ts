import type { ExportFormat } from '../../../../../shared/run/export-files.ts';
import { listModelFiles, takeFloats } from '../../../export/index.ts';
import type { PhoneFile } from './phone-job.ts';

/**
 * What a browser loads of a file. It unpacks no archive, and LiteRT there takes floats alone: a file that takes 8-bit integers
 * gets the two operators around it with which it is verified here.
 */
export function splitIntoParts(format: ExportFormat, name: string, bytes: Uint8Array): PhoneFile['parts'] {
  if (format === 'tfjs') return listModelFiles(bytes);
  return [{ name, bytes: format === 'tflite' ? takeFloats(bytes) : bytes }];
}
