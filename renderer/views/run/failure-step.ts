import { listRecipeKeys } from '../../../shared/run/recipe-guide.ts';

/** What may help after a failure: `change` the named settings, check the `backend`, check the `dataset`, or `resume`. */
export type FailureStep =
  | { readonly kind: 'change'; readonly keys: readonly string[] }
  | { readonly kind: 'backend' | 'dataset' | 'resume' };

const BACKEND = /\b(back end|graphics card|adapter|WebGPU|CUDA)\b/i;
const DATASET = /\b(dataset|image files?|images that it began with)\b/i;

/** Finds the next step that a failure's message suggests. */
export function findFailureStep(failure: string): FailureStep {
  const keys = KEYS.filter((key) => failure.includes(key));
  if (keys.length > 0) return { kind: 'change', keys };
  if (/\bresume\b/i.test(failure)) return { kind: 'resume' };
  if (BACKEND.test(failure)) return { kind: 'backend' };
  if (DATASET.test(failure)) return { kind: 'dataset' };
  return { kind: 'resume' };
}

const KEYS = listRecipeKeys().map(({ key }) => key);
