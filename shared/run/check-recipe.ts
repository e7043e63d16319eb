import { word } from '../text/language.ts';
import { showValue } from '../text/shorten.ts';
import { suggestName } from '../text/suggest-name.ts';
import { type Recipe, recipeSchema } from './recipe.ts';
import { listContradictions, type RecipeProblem } from './recipe-contradictions.ts';
import { listRecipeKeys, type RecipeKey } from './recipe-guide.ts';

export type CheckedRecipe = { recipe: Recipe; problems: null } | { recipe: null; problems: string[] };

/**
 * Fills in a recipe's defaults and lists what is wrong with it, one sentence each: unknown keys (with a suggestion),
 * invalid values (with the valid ones), and settings that contradict each other.
 */
export function checkRecipe(input: unknown): CheckedRecipe {
  const { recipe, problems } = findRecipeProblems(input);
  return recipe && problems.length === 0
    ? { recipe, problems: null }
    : { recipe: null, problems: [...new Set(problems.map(({ message }) => message))] };
}

/** The same, with the keys that each sentence is about. The recipe is null unless contradictions are its only problems. */
export function findRecipeProblems(input: unknown): { recipe: Recipe | null; problems: RecipeProblem[] } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const message = `A recipe is a JSON object such as {"prune": {"macs": 0.6}}, not ${showValue(input)}.`;
    return { recipe: null, problems: [{ keys: [], message }] };
  }
  const parsed = recipeSchema.safeParse(input);
  if (parsed.success) return { recipe: parsed.data, problems: listContradictions(parsed.data) };
  const guide = listRecipeKeys();
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => describeUnknown([...issue.path.map(String), key].join('.'), guide))
      : [describeValue(issue.path, input, guide)],
  );
  return { recipe: null, problems };
}

function describeUnknown(key: string, guide: readonly RecipeKey[]): RecipeProblem {
  const sections = new Set(guide.flatMap((known) => prefixes(known.key)));
  const names = [...sections];
  const last = key.split('.').at(-1)!;
  const elsewhere = names.filter((name) => name.split('.').at(-1) === last);
  const meant =
    elsewhere.length > 0 ? elsewhere.slice(0, 3) : [suggestName(key, names)].filter((name) => name !== null);
  const hint =
    meant.length > 0
      ? `did you mean ${meant.map((name) => `"${name}"`).join(word(' or '))}?`
      : '"decant help recipe" lists all keys.';
  return { keys: [key], message: `The recipe has no key "${key}"; ${hint}` };
}

/** `a.b.c` → `a`, `a.b`, `a.b.c`. */
function prefixes(key: string): string[] {
  const parts = key.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

function describeValue(path: readonly PropertyKey[], input: object, guide: readonly RecipeKey[]): RecipeProblem {
  const names = path.map(String);
  for (let length = names.length; length > 0; length--) {
    const known = guide.find(({ key }) => key === names.slice(0, length).join('.'));
    if (!known) continue;
    const value = showValue(valueAt(input, names.slice(0, length)));
    return { keys: [known.key], message: `"${known.key}" is ${value}; allowed: ${known.allowed}.` };
  }
  const example = guide.find(({ key }) => key.startsWith(`${names.join('.')}.`))?.key.slice(names.join('.').length + 1);
  const message = `"${names.join('.')}" is ${showValue(valueAt(input, names))}; allowed: an object with keys such as "${example}".`;
  return { keys: [names.join('.')], message };
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    // Object.entries sees own keys only.
    (value, name) =>
      typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined,
    input,
  );
}
