import { METHOD_NAMES, type MethodName } from '../../../shared/run/methods.ts';
import type { MethodModule } from './method.ts';

/**
 * The engine's half of every method of the table in `shared/run/methods.ts`: the file of `methods/` that is called like it,
 * `crossEntropy` in `cross-entropy.ts`, with `method` exported.
 */
export const METHOD_MODULES = Object.fromEntries(
  await Promise.all(METHOD_NAMES.map(async (name) => [name, await loadMethod(name)] as const)),
) as Readonly<Record<MethodName, MethodModule>>; // One for each name of the table.

async function loadMethod(name: MethodName): Promise<MethodModule> {
  const file = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const { method } = (await import(`./methods/${file}.ts`)) as { method?: MethodModule }; // Each is typed where it is written.
  if (!method) throw new Error(`distill/methods/${file}.ts exports no "method", which the table of methods names.`);
  return method;
}
