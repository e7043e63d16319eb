import { mapRoles, ROLE_NAMES, type Role } from '../../../../shared/run/roles.ts';
import { describeNewer, readStored, writeStored } from '../../../../shared/stored/form.ts';
import { TESTED_PATHS_FORM } from '../../../../shared/stored/run-forms.ts';
import { DecantError } from '../../core/errors.ts';
import type { Predictions } from '../../measure/index.ts';
import { type HostTensor, readSafetensors, writeSafetensors } from '../../model/index.ts';

/** What a run's artifact with its predictions is called. */
export const PREDICTIONS = 'predictions.safetensors';

/** What the networks of a run said of its test images; null for one that was not trained. */
export interface TestPredictions {
  /** Index of each image in its dataset. */
  readonly indices: Int32Array;
  readonly labels: Int32Array;
  /** Of each image, relative to its dataset. */
  readonly paths: readonly string[];
  readonly models: Readonly<Record<Role, RankedClasses | null>>;
}

export type RankedClasses = Pick<Predictions, 'ranked' | 'classes' | 'probabilities'> & {
  /** `[images, ranked]`: the probabilities with the network's temperature; null where it has none. */
  readonly calibrated: Float32Array | null;
  /** `[images]`: 1 where the network finds the image unlike its training images; null where it cannot tell. */
  readonly unlike: Uint8Array | null;
};

/** Everything as one file: safetensors, the paths in its metadata. Whole numbers are exact in 32-bit floats up to 2^24. */
export function encodePredictions({ indices, labels, paths, models }: TestPredictions): Uint8Array {
  const tensors = new Map<string, HostTensor>();
  const add = (name: string, shape: number[], values: ArrayLike<number>) =>
    tensors.set(name, { shape, values: Float32Array.from(values) });
  add('indices', [indices.length], indices);
  add('labels', [labels.length], labels);
  for (const role of ROLE_NAMES) {
    const model = models[role];
    if (!model) continue;
    add(`${role}/classes`, [indices.length, model.ranked], model.classes);
    add(`${role}/probabilities`, [indices.length, model.ranked], model.probabilities);
    if (model.calibrated) add(`${role}/calibrated`, [indices.length, model.ranked], model.calibrated);
    if (model.unlike) add(`${role}/unlike`, [indices.length], model.unlike);
  }
  return writeSafetensors(tensors, { paths: JSON.stringify(writeStored(TESTED_PATHS_FORM, [...paths])) });
}

/**
 * Reads what `encodePredictions` wrote.
 *
 * @throws DecantError `weights.unreadable`, `store.newer`
 */
export function decodePredictions(bytes: Uint8Array): TestPredictions {
  const { tensors, metadata } = readSafetensors(bytes);
  const take = (name: string): HostTensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw new DecantError('weights.unreadable', `The predictions lack "${name}"; run it again.`);
    return tensor;
  };
  const takeModel = (role: Role): RankedClasses | null => {
    if (!tensors.has(`${role}/classes`)) return null;
    const { shape, values } = take(`${role}/classes`);
    const probabilities = take(`${role}/probabilities`).values;
    // Runs of earlier versions have neither.
    const [calibrated, unlike] = [tensors.get(`${role}/calibrated`), tensors.get(`${role}/unlike`)];
    return {
      ranked: shape[1] ?? 0,
      classes: Int32Array.from(values),
      probabilities,
      calibrated: calibrated?.values ?? null,
      unlike: unlike ? Uint8Array.from(unlike.values) : null,
    };
  };
  return {
    indices: Int32Array.from(take('indices').values),
    labels: Int32Array.from(take('labels').values),
    paths: readPaths(metadata.paths ?? '[]'),
    models: mapRoles(takeModel),
  };
}

function readPaths(text: string): string[] {
  const reading = readStored(TESTED_PATHS_FORM, JSON.parse(text));
  if (reading.ok) return reading.value;
  if (reading.why === 'newer') throw new DecantError('store.newer', describeNewer('The file of predictions', reading));
  throw new DecantError('weights.unreadable', `The predictions are damaged (${reading.details}); run it again.`);
}
