import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const RULES = [
  '.dependency-cruiser.cjs',
  '.gitignore',
  'biome.json',
  'build/run-rooms.cjs',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'electron/tsconfig.json',
  'shared/tsconfig.json',
  'test/tsconfig.json',
];

/** A repository with our rules and the given files alone, in a temporary folder, for the checkers to find fault with. */
export interface PlantedRepository {
  /** Runs one of the repository's tools there; gives its output whatever its exit status. */
  run(tool: string, ...args: string[]): Promise<{ status: number; output: string }>;
  remove(): Promise<void>;
}

export async function plantRepository(files: Readonly<Record<string, string>>): Promise<PlantedRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'decant-planted-'));
  for (const rule of RULES) await cp(join(ROOT, rule), join(folder, rule), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return {
    run: (tool, ...args) =>
      new Promise((resolve) => {
        const command = join(ROOT, 'node_modules', '.bin', tool);
        execFile(command, args, { cwd: folder, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
          resolve({ status: error ? 1 : 0, output: stdout + stderr });
        });
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
