import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chromium, type Page } from 'playwright-core';
import { expect, vi } from 'vitest';

/** An app that was packed. Its main process cannot be looked into (its fuses forbid it), its page can. */
export interface PackagedApp {
  readonly page: Page;
  readonly process: ChildProcess;
  /** Ends it as closing its window does. */
  quit(): Promise<number | null>;
}

/** For whom it is started, and what it finds. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Number of the user; without one, whoever runs the tests. */
  readonly uid?: number;
  readonly gid?: number;
}

export async function startPackagedApp(program: string, { env, ...user }: Surroundings): Promise<PackagedApp> {
  // Chromium's sandbox does not run as root.
  const options = (user.uid ?? process.getuid?.()) === 0 ? ['--no-sandbox'] : [];
  const child = spawn(program, [...options, '--disable-gpu', '--remote-debugging-port=0'], {
    ...user,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const address = await findDebugger(child);
  await waitForPage(address);
  const browser = await chromium.connectOverCDP(address);
  const [context] = browser.contexts();
  if (!context) throw new Error('the packed app has no pages');
  const page = context.pages()[0] ?? (await context.waitForEvent('page'));
  await page.waitForLoadState('load');
  return {
    page,
    process: child,
    async quit() {
      await page.close().catch(() => undefined); // It may be gone before it answers.
      const [status] = await ended;
      return status;
    },
  };
}

/** Connecting may never end while Electron is still making its window. */
async function waitForPage(address: string): Promise<void> {
  const list = `http://${new URL(address).host}/json/list`;
  const shown = async () => {
    const targets: unknown = await (await fetch(list)).json();
    expect(targets).toContainEqual(expect.objectContaining({ type: 'page', url: expect.stringMatching(/^app:/) }));
  };
  await vi.waitFor(shown, { timeout: 60_000, interval: 100 });
}

/** Chromium says on stderr where it listens. */
function findDebugger(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the packed app ended with status ${status}: ${said}`)));
  });
}
