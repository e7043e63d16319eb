import type { DatasetInspection } from '../../shared/run/inspection.ts';
import { type Preset, presetRecipe } from '../../shared/run/presets.ts';
import { recipeSchema } from '../../shared/run/recipe.ts';

/**
 * A preset's recipe for a dataset, with what a recipe as given, unchecked, says itself: that comes first. The networks that it
 * names decide as they do in the app: an imported teacher is not trained without labels, for example.
 */
export function applyPreset(
  preset: Preset,
  inspection: DatasetInspection,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const { teacher = {}, student = {} } = given;
  // What is wrong with them is told of the whole recipe.
  const networks = recipeSchema.safeParse({ teacher, student });
  return layOver(presetRecipe(preset, inspection, networks.data), given);
}

/** Puts the keys of one object over those of another, and so on in objects within. */
function layOver(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key);
    merged.set(key, isObject(under) && isObject(value) ? layOver(under, value) : value);
  }
  return Object.fromEntries(merged); // Own keys whatever their names, so that an unknown one is told.
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
