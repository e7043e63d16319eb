import { ARCHITECTURE_NAMES, type Architecture } from '../../../shared/run/architectures.ts';
import type { BuildArchitecture } from './network-builder.ts';

/**
 * The engine's half of every architecture of the table in `shared/run/architectures.ts`: the file of `architectures/` that
 * is called like it, with `build` exported.
 */
export const BUILDERS = Object.fromEntries(
  await Promise.all(ARCHITECTURE_NAMES.map(async (name) => [name, await loadBuilder(name)] as const)),
) as Readonly<Record<Architecture, BuildArchitecture>>; // One for each name of the table.

async function loadBuilder(name: Architecture): Promise<BuildArchitecture> {
  const { build } = (await import(`./architectures/${name}.ts`)) as { build?: BuildArchitecture }; // Each is typed where it is written.
  if (!build)
    throw new Error(`model/architectures/${name}.ts exports no "build", which the table of architectures names.`);
  return build;
}
