import { findJsonProblem } from '../text/json-problem.ts';

/** Says why the text of a recipe file cannot be read as a JSON object, with its path; null if it can. */
export function findRecipeFileProblem(path: string, text: string): string | null {
  // A comment at the start is more likely a mistake in a recipe than another kind of file.
  if (/^\s*[^\s{/]|^\s*$/.test(text))
    return `${path} is not a Decant recipe; a recipe is a JSON object such as {"prune": {"macs": 0.6}}.`;
  const problem = findJsonProblem(text);
  return problem && `${path}:${problem.line}:${problem.column}: ${problem.message}`;
}
