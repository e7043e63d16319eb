import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core';
import { buildApp } from '../../build/build-app.ts';
import { findElectron } from '../../build/electron.ts';
import { ROOT } from '../../build/files.ts';
import type { Params, RequestName, Result } from '../../shared/ipc/contract.ts';
import type { Answer } from '../../shared/ipc/message.ts';
import type { Dropped } from '../../shared/ipc/topics/app.ts';
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
    // On Windows files stay open for a moment after their process ended.
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }),
  };
}

export interface DesktopApp {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** What the page complained of: errors, and what its security policy forbade. */
  readonly complaints: string[];
  /** How it was started. */
  readonly command: Command;
  /** Ends it as a user does. */
  quit(): Promise<void>;
}

/** How a program is started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

export interface Desktop {
  start(sandbox: Sandbox, options?: { args?: readonly string[] }): Promise<DesktopApp>;
  /** What `start` starts. */
  command(sandbox: Sandbox): Command;
  stop(): void;
}

/** Asks as the page does. What comes is the answer as data. */
export function ask<Name extends RequestName>(
  page: Page,
  name: Name,
  params: Params<Name>,
): Promise<Answer<Result<Name>>> {
  return page.evaluate(`window.decant.request(${JSON.stringify(name)}, ${JSON.stringify(params)})`);
}

/** The value of an answer that is expected to be good. */
export async function askValue<Name extends RequestName>(
  page: Page,
  name: Name,
  params: Params<Name>,
): Promise<Result<Name>> {
  const answer = await ask(page, name, params);
  if (!answer.ok) throw new Error(`${name}: ${answer.failure.code}: ${answer.failure.message}`);
  return answer.value;
}

/** Gives the page a file or folder of the disk as a drop does; it opens what it got. */
export async function drop(page: Page, path: string): Promise<Answer<Dropped>> {
  // Playwright would send the content, which has no place on the disk.
  const session = await page.context().newCDPSession(page);
  const expression = "window.dropped = Object.assign(document.createElement('input'), { type: 'file' })";
  const { objectId } = (await session.send('Runtime.evaluate', { expression })).result;
  if (objectId === undefined) throw new Error('the page made no input');
  await session.send('DOM.setFileInputFiles', { files: [path], objectId });
  await session.detach();
  return page.evaluate('window.decant.open([...window.dropped.files], crypto.randomUUID())');
}

/**
 * Electron and a display for it, with the app built; or why there is none, in one sentence. Electron that was given by
 * `ELECTRON_OVERRIDE_DIST_PATH` may be older than ours, so the engine runs on the Node that runs the tests.
 */
export async function findDesktop(): Promise<Desktop | { missing: string }> {
  const program = findElectron();
  if (program === null)
    return {
      missing: 'Electron itself is not here: npx install-electron fetches it, or ELECTRON_OVERRIDE_DIST_PATH names it.',
    };
  const display = await openDisplay();
  if (display === null) return { missing: 'There is no display here, and no Xvfb to make one.' };
  await buildApp();
  const command = (sandbox: Sandbox): Command => describeCommand(program, display, sandbox);
  return {
    command,
    start: (sandbox, { args = [] } = {}) =>
      startApp({ ...command(sandbox), args: [...command(sandbox).args, ...args] }),
    stop: () => display.stop(),
  };
}

function describeCommand(program: string, display: Display, { folder, home }: Sandbox): Command {
  const inherited: Record<string, string> = {};
  // Not what the test runner's processes are started with.
  for (const [name, value = ''] of Object.entries(process.env))
    if (!/^(VITEST|NODE_)/.test(name)) inherited[name] = value;
  return {
    program,
    args: [ROOT, '--no-sandbox', '--disable-gpu'],
    env: {
      ...inherited,
      DISPLAY: display.name,
      XDG_CONFIG_HOME: join(folder, 'config'),
      DECANT_HOME: home,
      DECANT_ENGINE_NODE: process.execPath,
    },
  };
}

/** Milliseconds that an app may take to show its window; several start at once on a busy machine. */
const START_TIMEOUT = 60_000;

async function startApp(command: Command): Promise<DesktopApp> {
  const { app, page } = await openWindow(command).catch((error: unknown) => {
    // On a busy machine a start has hung.
    console.warn(`The app is started once more: ${error instanceof Error ? error.message : String(error)}`);
    return openWindow(command);
  });
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
    command,
    async quit() {
      const closed = app.waitForEvent('close');
      await app.evaluate(({ app }) => app.quit()).catch(() => undefined); // It may be gone before it answers.
      await closed;
    },
  };
}

async function openWindow({ program, args, env }: Command): Promise<{ app: ElectronApplication; page: Page }> {
  const app = await electron.launch({ executablePath: program, args: [...args], env, timeout: START_TIMEOUT });
  try {
    return { app, page: await app.firstWindow({ timeout: START_TIMEOUT }) };
  } catch (error) {
    app.process().kill('SIGKILL');
    throw error;
  }
}
