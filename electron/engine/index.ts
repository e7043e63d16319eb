/** The engine's public face: all that other processes may import. */
export { DecantError, ERRORS, type ErrorCode } from './core/errors.ts';
export { parseRecipe } from './run/parse-recipe.ts';
export { resolveHome } from './store/paths.ts';
