import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Path of Electron's program: that of `ELECTRON_OVERRIDE_DIST_PATH`, else the package's own; null where it is not there. */
export function findElectron(): string | null {
  const { ELECTRON_OVERRIDE_DIST_PATH } = process.env;
  if (ELECTRON_OVERRIDE_DIST_PATH === undefined && !existsSync(join(findPackage(), 'path.txt'))) return null;
  const program: string = require('electron');
  return existsSync(program) ? program : null;
}

/** The same, but the package's own is downloaded if it is not there yet. */
export function fetchElectron(): string | null {
  const found = findElectron();
  if (found !== null || process.env.ELECTRON_OVERRIDE_DIST_PATH !== undefined) return found;
  console.error('Electron itself is downloaded now, once (some 110 MB).');
  spawnSync(process.execPath, [join(findPackage(), 'install.js')], { stdio: 'ignore' });
  return findElectron();
}

function findPackage(): string {
  return dirname(require.resolve('electron/package.json'));
}
