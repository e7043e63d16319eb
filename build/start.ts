/** `npm start`: builds what is not up to date and opens the app. What follows `--` goes to Electron. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buildApp } from './build-app.ts';
import { fetchElectron } from './electron.ts';
import { ROOT } from './files.ts';

const options = process.argv.slice(2);
const { platform, env } = process;

if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
  giveUp('The app needs a display, and there is none (DISPLAY and WAYLAND_DISPLAY are empty)');
if (platform === 'linux' && process.getuid?.() === 0 && !options.includes('--no-sandbox'))
  giveUp("Chromium's sandbox does not run as root: start the app as another user, or by npm start -- --no-sandbox");
const electron =
  fetchElectron() ??
  giveUp('Electron itself is not here and cannot be downloaded: run npx install-electron where there is a network');

const built = await buildApp();
if (built.length > 0) console.error(`Built: ${built.join('; ')}.`);
const [status] = await once(spawn(electron, [ROOT, ...options], { stdio: 'inherit' }), 'exit');
process.exitCode = status ?? 1;

function giveUp(why: string): never {
  console.error(
    `decant: ${why}. The command line does the same: npm run demo, or npm run -s decant -- compress DATASET`,
  );
  process.exit(2);
}
