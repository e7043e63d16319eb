import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Whether a browser is here that can stand in for a phone's. */
export const hasPhoneBrowser = existsSync(CHROMIUM);

/** What a test does with the page that a phone opens. */
export interface PhoneBrowser {
  readonly browser: Browser;
  readonly page: Page;
  /** Errors of the page, and what its policy forbade. */
  readonly complaints: string[];
  /** Addresses that the page asked for. */
  readonly asked: string[];
}

/** Opens a page as a phone does: with a phone's window and a browser of its own. */
export async function openPhoneBrowser({ args = [] }: { args?: readonly string[] } = {}): Promise<PhoneBrowser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', ...args],
  });
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    // LiteRT tells all that it does on the stream of errors.
    if (message.type() === 'error' && !/^(INFO|WARNING): /.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  return { browser, page, complaints, asked };
}

/** Starts the measurement under a name, and waits until the results were taken. */
export async function measureIn(page: Page, url: string, device: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Name of this phone').fill(device);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('Decant has the results').waitFor({ timeout: 150_000 });
}
