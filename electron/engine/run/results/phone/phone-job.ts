import type { ExportFormat } from '../../../../../shared/run/export-files.ts';
import type { PhoneTask } from '../../../../../shared/run/phone-measurement.ts';

/** A file of the student, by what it was exported as. */
export interface PhoneFileChoice {
  readonly format: string;
  readonly precision: string;
}

/** A file that a phone is to measure. */
export interface PhoneFile {
  readonly format: ExportFormat;
  readonly precision: string;
  /** Without its folder. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What a browser loads: the file itself, or what is packed in it. */
  readonly parts: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** What this computer says of each image with this file. */
  readonly guesses: Int32Array;
}

/** What a phone is given, and what only this computer knows: labels and its own guesses. */
export interface PhoneJob {
  readonly run: string;
  /** Of the run. */
  readonly title: string;
  readonly inputSize: number;
  readonly classes: number;
  readonly timing: PhoneTask['timing'];
  readonly files: readonly PhoneFile[];
  /** `[images, inputSize, inputSize, 3]`, RGB 0..255: as files take them. */
  readonly pixels: Uint8Array;
  /** `[images]` */
  readonly labels: Int32Array;
}
