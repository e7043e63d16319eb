import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core';
import { buildApp } from '../../build/build-app.ts';
import { findElectron } from '../../build/electron.ts';
import { ROOT } from '../../build/files.ts';
import { makeTemporaryFolder } from '../e2e/folders.ts';
import { type Display, openDisplay } from './display.ts';

/** A folder for all that an app keeps: settings, home. */
export interface Sandbox {
  readonly folder: string;
  /** Electron's folder of the app's own. */
  readonly userData: string;
  readonly home: string;
  remove(): void;
}

export function makeSandbox(): Sandbox {
  const folder = makeTemporaryFolder('decant-desktop-');
  return {
    folder,
    userData: join(folder, 'config', 'Decant'),
    home: join(folder, 'home'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface DesktopApp {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** What the page complained of: errors, and what its security policy forbade. */
  readonly complaints: string[];
  /** Ends it as a user does. */
  quit(): Promise<void>;
}

export interface Desktop {
  start(sandbox: Sandbox, options?: { env?: Record<string, string>; args?: readonly string[] }): Promise<DesktopApp>;
  stop(): void;
}

/**
 * Electron and a display for it, with the app built; or why there is none, in one sentence. Electron that was given by
 * `ELECTRON_OVERRIDE_DIST_PATH` may be older than ours, so the engine runs on the Node that runs the tests.
 */
export async function findDesktop(): Promise<Desktop | { missing: string }> {
  const program = process.env.ELECTRON_OVERRIDE_DIST_PATH || !process.env.CI ? findElectron() : null;
  if (program === null)
    return { missing: 'Electron itself cannot be had here: ELECTRON_OVERRIDE_DIST_PATH may name it.' };
  const display = await openDisplay();
  if (display === null) return { missing: 'There is no display here, and no Xvfb to make one.' };
  await buildApp();
  return { start: (sandbox, options) => startApp(program, display, sandbox, options), stop: () => display.stop() };
}

async function startApp(
  program: string,
  display: Display,
  sandbox: Sandbox,
  { env = {}, args = [] }: { env?: Record<string, string>; args?: readonly string[] } = {},
): Promise<DesktopApp> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_)/.test(name)));
  const app = await electron.launch({
    executablePath: program,
    args: [ROOT, '--no-sandbox', '--disable-gpu', ...args],
    env: {
      ...inherited,
      DISPLAY: display.name,
      XDG_CONFIG_HOME: join(sandbox.folder, 'config'),
      DECANT_HOME: sandbox.home,
      DECANT_ENGINE_NODE: process.execPath,
      ...env,
    } as Record<string, string>, // Undefined values are of no variable.
  });
  const page = await app.firstWindow();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.waitForLoadState('load');
  return {
    app,
    page,
    complaints,
    async quit() {
      const closed = app.waitForEvent('close');
      await app.evaluate(({ app }) => app.quit()).catch(() => undefined); // It may be gone before it answers.
      await closed;
    },
  };
}
