import type { JsonObject } from '../form.ts';

/** How weights of version 1 became settings of their method, with the settings that stood beside them. */
const METHODS = {
  crossEntropy: {},
  logits: { temperature: 'temperature' },
  features: { featureScale: 'scale' },
  attention: { attentionPower: 'power' },
} as const;

/**
 * Version 2 of recipes: each method of distillation has its settings to itself, with a schedule of its own.
 * `distill.logits: 0.5` and `distill.temperature: 4` became `distill.logits: {weight: 0.5, temperature: 4}`; the schedule of
 * all weights together, `linear-ramp`, became one of each method.
 */
export function upgradeRecipeTo2(recipe: JsonObject): JsonObject {
  const { distill } = recipe;
  if (!isObject(distill)) return recipe;
  const { schedule, ...rest } = distill;
  const next: Record<string, unknown> = { ...rest };
  for (const [name, settings] of Object.entries(METHODS)) {
    const { [name]: old } = distill;
    const method: Record<string, unknown> = isObject(old) ? { ...old } : {};
    if (old !== undefined && !isObject(old)) method.weight = old;
    for (const [before, now] of Object.entries(settings)) {
      if (before in distill) method[now] = distill[before];
      delete next[before];
    }
    if (schedule !== undefined) method.schedule ??= scheduleOf(name, schedule);
    if (Object.keys(method).length > 0) next[name] = method;
  }
  return { ...recipe, distill: next };
}

/** Labels gave way to the teacher over the first half of the epochs. */
function scheduleOf(method: string, schedule: unknown): unknown {
  const [from, to] = method === 'crossEntropy' ? [1, 0] : [0, 1];
  const shape = schedule === 'linear-ramp' ? 'linear' : schedule;
  return { shape, from, to, until: 0.5 };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
