import { RECIPE_NETWORKS, type RecipeNetwork } from '../../../../shared/run/roles.ts';
import type { Likeness } from '../../measure/index.ts';
import { type HostTensor, readSafetensors, writeSafetensors } from '../../model/index.ts';

/** What a run's artifact is called with which images are told from those that it learned from. */
export const LIKENESS = 'likeness.safetensors';

/** Null where it is not known for a network. */
export type RunLikeness = Readonly<Record<RecipeNetwork, Likeness | null>>;

/** Everything as one file: safetensors, of at most 4 MiB a network. */
export function encodeLikeness(likeness: RunLikeness): Uint8Array {
  const tensors = new Map<string, HostTensor>();
  for (const role of RECIPE_NETWORKS) {
    const own = likeness[role];
    if (!own) continue;
    tensors.set(`${role}/constant`, { shape: [1], values: Float32Array.of(own.constant) });
    tensors.set(`${role}/threshold`, { shape: [1], values: Float32Array.of(own.threshold) });
    tensors.set(`${role}/references`, { shape: [own.references.length], values: own.references });
  }
  return writeSafetensors(tensors, {});
}

/**
 * Reads what `encodeLikeness` wrote.
 *
 * @param bytes null: of a run of an earlier version, which did not learn it
 * @throws DecantError `weights.unreadable`
 */
export function decodeLikeness(bytes: Uint8Array | null): RunLikeness {
  if (!bytes) return { teacher: null, student: null };
  const { tensors } = readSafetensors(bytes);
  const take = (role: RecipeNetwork): Likeness | null => {
    const [constant, threshold] = [tensors.get(`${role}/constant`), tensors.get(`${role}/threshold`)];
    const references = tensors.get(`${role}/references`);
    if (!constant || !threshold || !references) return null;
    return { constant: constant.values[0]!, threshold: threshold.values[0]!, references: references.values };
  };
  return { teacher: take('teacher'), student: take('student') };
}
