/**
 * `npm run dist`: builds the app and packs it, as electron-builder.yml says; what follows `--` goes to electron-builder.
 * With `ELECTRON_OVERRIDE_DIST_PATH` that Electron is packed instead of a downloaded one.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildApp } from './build-app.ts';
import { findElectron } from './electron.ts';
import { ROOT } from './files.ts';

const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;

await buildApp();
const cli = createRequire(import.meta.url).resolve('electron-builder/cli.js');
const args = [
  cli,
  '--publish',
  'never',
  ...process.argv.slice(2),
  ...(override ? await describeOverride(override) : []),
];
process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;

/** Options for an Electron in a folder. */
async function describeOverride(folder: string): Promise<string[]> {
  const program = findElectron();
  if (program === null) throw new Error(`ELECTRON_OVERRIDE_DIST_PATH=${folder} holds no Electron.`);
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const version = execFileSync(program, ['-p', 'process.versions.electron'], { env, encoding: 'utf8' }).trim();
  // Without an app of its own, which would be packed as well.
  const copy = join(ROOT, 'out', 'electron');
  await rm(copy, { recursive: true, force: true });
  await cp(folder, copy, { recursive: true, filter: (path) => path !== join(folder, 'resources', 'app') });
  return [`-c.electronDist=${copy}`, `-c.electronVersion=${version}`];
}
