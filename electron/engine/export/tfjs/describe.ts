import { DecantError } from '../../core/errors.ts';
import { parseJsonDescription } from '../description.ts';
import type { ExportDescription } from '../exporter.ts';
import { readZipEntry } from '../zip.ts';
import { FORMAT, MODEL_FILE, WEIGHTS_FILE } from './write.ts';

/** What is in an archive, as it lies there. */
export interface TfjsArchive {
  /** `model.json`. */
  model: Record<string, unknown>;
  weights: Uint8Array;
}

/**
 * The network in an archive that `writeTfjs` wrote.
 *
 * @throws DecantError `model.unreadable`
 */
export function readArchive(bytes: Uint8Array): TfjsArchive {
  try {
    const model = readZipEntry(bytes, MODEL_FILE);
    const weights = readZipEntry(bytes, WEIGHTS_FILE);
    if (!model || !weights) throw new RangeError(`it has no ${model ? WEIGHTS_FILE : MODEL_FILE}`);
    const parsed: unknown = JSON.parse(new TextDecoder().decode(model));
    return { model: { ...Object(parsed) }, weights };
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      `This file of ${bytes.length} bytes is not a complete archive with a TensorFlow.js model (${error instanceof Error ? error.message : error}); export the network again.`,
      { sizeBytes: bytes.length },
      { cause: error },
    );
  }
}

/**
 * What an archive that Decant wrote says about itself.
 *
 * @throws DecantError `model.unreadable` when it is damaged or another program wrote it
 */
export function readDescription(bytes: Uint8Array): ExportDescription {
  const { userDefinedMetadata } = readArchive(bytes).model;
  return parseJsonDescription(
    'TensorFlow.js',
    FORMAT,
    userDefinedMetadata === undefined ? undefined : new TextEncoder().encode(JSON.stringify(userDefinedMetadata)),
  );
}

/** What TensorFlow.js loads of an archive, by the names that it has there. @throws DecantError `model.unreadable` */
export function listModelFiles(bytes: Uint8Array): { name: string; bytes: Uint8Array }[] {
  const { model, weights } = readArchive(bytes);
  return [
    { name: MODEL_FILE, bytes: new TextEncoder().encode(JSON.stringify(model)) },
    { name: WEIGHTS_FILE, bytes: weights },
  ];
}
