import { createHash } from 'node:crypto';
import { DecantError } from '../../core/errors.ts';
import { readZipEntry, writeZip } from '../zip.ts';
import { type CoremlModel, decodeModel, encodeModel } from './messages.ts';

/** The folder in the archive. Xcode names the class that it makes of a package after it. */
export const PACKAGE = 'ImageClassifier.mlpackage';
const MODEL_PATH = 'com.apple.CoreML/model.mlmodel';
const WEIGHTS_PATH = 'com.apple.CoreML/weights';
const MODEL_FILE = `${PACKAGE}/Data/${MODEL_PATH}`;
const WEIGHTS_FILE = `${PACKAGE}/Data/${WEIGHTS_PATH}/weight.bin`;

/** What is in a package. */
export interface CoremlPackage {
  readonly model: CoremlModel;
  readonly weights: Uint8Array;
}

/**
 * A zip archive with a Core ML package, which is a folder: `Manifest.json`, the model and its weights. Equal packages give equal
 * bytes.
 */
export function writePackage({ model, weights }: CoremlPackage): Uint8Array {
  const bytes = encodeModel(model);
  const root = identify('model', bytes);
  const item = (name: string, path: string, description: string) => ({
    author: 'com.apple.CoreML',
    description,
    name,
    path,
  });
  const manifest = {
    fileFormatVersion: '1.0.0',
    itemInfoEntries: {
      [root]: item('model.mlmodel', MODEL_PATH, 'CoreML Model Specification'),
      [identify('weights', weights)]: item('weights', WEIGHTS_PATH, 'CoreML Model Weights'),
    },
    rootModelIdentifier: root,
  };
  return writeZip([
    { name: `${PACKAGE}/Manifest.json`, bytes: new TextEncoder().encode(`${JSON.stringify(manifest, null, 4)}\n`) },
    { name: MODEL_FILE, bytes, compress: true },
    { name: WEIGHTS_FILE, bytes: weights },
  ]);
}

/**
 * The package in an archive that `writePackage` wrote.
 *
 * @throws DecantError `model.unreadable`
 */
export function readPackage(archive: Uint8Array): CoremlPackage {
  try {
    const model = readZipEntry(archive, MODEL_FILE);
    const weights = readZipEntry(archive, WEIGHTS_FILE);
    if (!model || !weights) throw new RangeError(`it has no ${model ? WEIGHTS_FILE : MODEL_FILE}`);
    return { model: decodeModel(model), weights };
  } catch (error) {
    if (error instanceof DecantError) throw error;
    throw new DecantError(
      'model.unreadable',
      `This file of ${archive.length} bytes is not a complete archive with a Core ML package (${error instanceof Error ? error.message : error}); export the network again.`,
      { sizeBytes: archive.length },
      { cause: error },
    );
  }
}

/** A UUID for an item of a package, drawn from its content so that equal items have equal ones (version 8, RFC 9562). */
function identify(role: string, bytes: Uint8Array): string {
  const digits = createHash('sha256').update(role).update(bytes).digest('hex').slice(0, 32).split('');
  digits[12] = '8';
  digits[16] = '89ab'[Number.parseInt(digits[16]!, 16) % 4]!;
  return digits
    .join('')
    .toUpperCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
