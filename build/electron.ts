import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Path of Electron's program: that of `ELECTRON_OVERRIDE_DIST_PATH`, else the package's own, which is downloaded when it
 * is first wanted. Null where it cannot be had.
 */
export function findElectron(): string | null {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('electron/package.json'));
  const isThere = () => process.env.ELECTRON_OVERRIDE_DIST_PATH !== undefined || existsSync(join(folder, 'path.txt'));
  if (!isThere()) {
    console.error('Electron itself is downloaded now, once (some 110 MB).');
    spawnSync(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore' });
  }
  if (!isThere()) return null;
  const program: string = require('electron');
  return existsSync(program) ? program : null;
}
