/** The engine's public face: all that other processes may import. */
export { DecantError, ERRORS, type ErrorCode } from './core/errors.ts';
export { bench } from './run/bench.ts';
export { compress } from './run/compress.ts';
export { demo } from './run/demo.ts';
export { evaluateModel } from './run/evaluate.ts';
export { exportRun } from './run/export-run.ts';
export { inspect } from './run/inspect.ts';
export { decantVersion } from './run/machine.ts';
export { parseRecipe } from './run/parse-recipe.ts';
export { deleteRun, listRuns, showRun } from './run/runs.ts';
export { resolveHome } from './store/paths.ts';
