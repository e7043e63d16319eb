import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../build/files.ts';

const { DISPLAY: _, WAYLAND_DISPLAY: __, ...env } = process.env;

it.runIf(process.platform === 'linux')('says in one sentence what does the same where there is no display', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'build/start.ts')], {
    env,
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^decant: The app needs a display[^\n]*npm run demo[^\n]*decant -- compress[^\n]*\n$/);
});
