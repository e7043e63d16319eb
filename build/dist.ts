/**
 * `npm run dist`: builds the app and packs it, as electron-builder.yml says; what follows `--` goes to electron-builder.
 * `npm run dist:deb` makes a Debian package instead, with what Debian itself has.
 * With `ELECTRON_OVERRIDE_DIST_PATH` that Electron is packed instead of a downloaded one.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { buildApp } from './build-app.ts';
import { makeDeb } from './deb.ts';
import { findElectron } from './electron.ts';
import { ROOT } from './files.ts';

const OUTPUT = join(ROOT, 'out');
/** Where electron-builder puts the app that packages are made of. */
const UNPACKED = join(OUTPUT, process.arch === 'x64' ? 'linux-unpacked' : `linux-${process.arch}-unpacked`);

const require = createRequire(import.meta.url);
const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
const isDeb = process.argv.includes('--deb');
const options = process.argv.slice(2).filter((option) => option !== '--deb');

if (isDeb && process.platform !== 'linux') throw new Error('Only Linux can make a Debian package.');
await buildApp();
const electron = override ? findVersion(override) : require('electron/package.json').version;
const args = [
  require.resolve('electron-builder/cli.js'),
  '--publish',
  'never',
  ...(isDeb ? ['--dir'] : []),
  ...options,
  ...(override ? [`-c.electronDist=${await copyElectron(override)}`, `-c.electronVersion=${electron}`] : []),
];
process.exitCode =
  spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: listEnvironment() }).status ?? 1;
if (process.exitCode === 0 && existsSync(UNPACKED)) {
  // Which libraries it needs follows from it; electron-builder leaves it out.
  await writeFile(join(UNPACKED, 'version'), electron);
  if (isDeb) console.log(`  • made            ${relative(ROOT, await makeDeb(UNPACKED, OUTPUT))}`);
}

/** The environment without empty variables: to electron-builder an empty certificate is a file that it cannot find. */
function listEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
}

/** The version of the Electron in a folder. */
function findVersion(folder: string): string {
  const program = findElectron();
  if (program === null) throw new Error(`ELECTRON_OVERRIDE_DIST_PATH=${folder} holds no Electron.`);
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  return execFileSync(program, ['-p', 'process.versions.electron'], { env, encoding: 'utf8' }).trim();
}

/** Copies the Electron in a folder without an app of its own, which would be packed as well; gives the copy's path. */
async function copyElectron(folder: string): Promise<string> {
  const copy = join(OUTPUT, 'electron');
  await rm(copy, { recursive: true, force: true });
  await cp(folder, copy, { recursive: true, filter: (path) => path !== join(folder, 'resources', 'app') });
  return copy;
}
