import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page, type ViewportSize } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Language } from '../../shared/text/language.ts';
import { findAccessibilityFaults } from '../helpers/accessibility.ts';
import { answerFrom, SAMPLES, type Sample, type Script } from './samples.ts';
import { ScriptedBridge } from './scripted-bridge.ts';
import { buildWindow, type ServedRenderer, serveFolder } from './served-renderer.ts';

const CHROMIUM = process.env.DECANT_CHROMIUM ?? '/usr/bin/chromium';
const SHOTS = fileURLToPath(new URL('../../test-results/', import.meta.url));

export interface OpenOptions {
  /** What there is: datasets, runs, status; three finished runs unless said. */
  sample?: Sample;
  /** Answers that differ from the sample's. */
  script?: Script;
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  /** Of the window; English unless said. */
  language?: Language;
  /** After the address's "#". */
  hash?: string;
  /** 2 is what 200 % of zoom gives. */
  zoom?: number;
  reducedMotion?: boolean;
}

/** A window of Decant in a browser. */
export class OpenedRenderer {
  readonly page: Page;
  readonly bridge: ScriptedBridge;
  /** What the page complained of: errors, broken policy. A test ends with none. */
  readonly complaints: string[];
  readonly #giveBack: () => Promise<void>;

  constructor(page: Page, bridge: ScriptedBridge, complaints: string[], giveBack: () => Promise<void>) {
    this.page = page;
    this.bridge = bridge;
    this.complaints = complaints;
    this.#giveBack = giveBack;
  }

  /** Clicks a place of the rail. */
  async visit(place: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: place }).click();
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  /** Waits until a place of the rail is the one that is shown. */
  async waitForPlace(place: string): Promise<void> {
    await this.page.locator('nav [aria-current=page]', { hasText: place }).waitFor();
  }

  /** Time that the page's own thread worked while something was done; unlike time on a clock, not what others did. */
  async measureWorkMs(action: () => Promise<void>): Promise<number> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const read = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
    };
    const before = await read();
    await action();
    const after = await read();
    await session.detach();
    return after - before;
  }

  /** Saves a picture under test-results/, to be looked at. */
  async picture(name: string): Promise<void> {
    await mkdir(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled' });
  }

  /** Serious faults that axe finds, one line each. */
  findAccessibilityFaults(): Promise<string[]> {
    return findAccessibilityFaults(this.page);
  }

  async close(): Promise<void> {
    await this.#giveBack();
    expect(this.complaints, 'what the page complained of').toEqual([]);
    expect(this.bridge.mistakes, 'mistakes at the bridge').toEqual([]);
  }
}

/**
 * Pages of a browser, by how they look. One that a test has closed is empty and is used again: that takes half the time of a
 * new one, which needs a process of its own.
 */
class PagePool {
  readonly #browser: Browser;
  readonly #free = new Map<string, Page[]>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async take(look: BrowserContextOptions & { viewport: ViewportSize }): Promise<[Page, () => Promise<void>]> {
    const free = this.#free.get(JSON.stringify(look)) ?? [];
    this.#free.set(JSON.stringify(look), free);
    const page = free.pop() ?? (await (await this.#browser.newContext(look)).newPage());
    await page.setViewportSize(look.viewport);
    const giveBack = async (): Promise<void> => {
      await page.goto('about:blank');
      page.removeAllListeners('pageerror');
      page.removeAllListeners('console');
      await page.mouse.move(-1, -1); // Or what comes to lie under it would be hovered.
      await page.context().clearPermissions();
      free.push(page);
    };
    return [page, giveBack];
  }
}

/**
 * Tests of the built window with a scripted bridge, in Chromium. `open` gives a fresh window for each call; close it at
 * the end, which also checks that nothing was complained of. Skipped with a sentence where there is no Chromium.
 */
export function describeRenderer(
  name: string,
  tests: (open: (options?: OpenOptions) => Promise<OpenedRenderer>) => void,
  build = buildWindow,
): void {
  const there = existsSync(CHROMIUM);
  if (!there) console.warn(`Skipped “${name}”: there is no Chromium at ${CHROMIUM}; DECANT_CHROMIUM names another.`);
  describe.skipIf(!there)(name, () => {
    let browser: Browser;
    let pages: PagePool;
    let served: ServedRenderer;
    beforeAll(async () => {
      served = await serveFolder(await build());
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
      });
      pages = new PagePool(browser);
    }, 180_000);
    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });
    tests((options = {}) => openRenderer(pages, served.address, options));
  });
}

async function openRenderer(
  pages: PagePool,
  address: string,
  {
    sample = SAMPLES.finished(),
    script = {},
    theme = 'light',
    width = 1280,
    height = 800,
    zoom = 1,
    hash = '',
    language = 'en',
    reducedMotion = true,
  }: OpenOptions,
): Promise<OpenedRenderer> {
  const [page, giveBack] = await pages.take({
    // Zooming makes the page's pixels larger and the window hold fewer of them.
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
    colorScheme: theme,
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const bridge = new ScriptedBridge(page, { ...answerFrom(sample), ...script });
  await bridge.install();
  await page.goto(`${address}?language=${language}${hash && `#${hash}`}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return new OpenedRenderer(page, bridge, complaints, giveBack);
}
