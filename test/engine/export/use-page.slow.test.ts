import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { writeUsePage } from '../../../electron/engine/export/use-page/write-use-page.ts';
import { findAccessibilityFaults } from '../../helpers/accessibility.ts';
import { drawRequest } from './samples.ts';

const CHROMIUM = process.env.DECANT_CHROMIUM ?? '/usr/bin/chromium';
const SHOTS = fileURLToPath(new URL('../../../test-results/', import.meta.url));
const request = drawRequest({ inputSize: 24 });

describe.skipIf(!existsSync(CHROMIUM))('the page that says how to use a file (skipped without Chromium)', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decant-use-'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  const { snippets, output } = EXPORTERS.coreml;
  const facts = {
    file: 'student.mlpackage.zip',
    height: 24,
    width: 24,
    classes: request.classes,
    precision: 'fp16',
  } as const;
  const programs = snippets(facts);
  /** Opens the page as a person does: as a file. */
  async function open(
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const bytes = EXPORTERS.coreml.write(request);
    const path = join(folder, 'student.mlpackage.zip.html');
    const description = EXPORTERS.coreml.describe(bytes);
    const verification = {
      images: 7,
      maxAbsDifference: 1e-6,
      range: 9,
      top1Agreement: 1,
      runtime: 'ours',
      caveat: null,
    };
    await writeFile(
      path,
      writeUsePage({
        ...facts,
        format: 'coreml',
        sizeBytes: 1,
        sha256: 'ab'.repeat(32),
        description,
        verification,
        output,
        snippets: programs,
      }),
    );
    const page = await (await browser.newContext(options)).newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(path).href);
    return { page, complaints };
  }

  it.each(['light', 'dark'] as const)('can be read by everybody, in the %s theme', async (colorScheme) => {
    const { page, complaints } = await open({ colorScheme, viewport: { width: 900, height: 900 } });
    await mkdir(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `use-page-${colorScheme}.png`) });
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('copies a program', async () => {
    const { page, complaints } = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const button = page.getByRole('button', { name: 'Copy' });
    expect(await button.count()).toBe(programs.length);
    await button.nth(1).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(programs[1]!.code);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('selects the program where the clipboard is out of reach', async () => {
    const { page } = await open();
    await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('button', { name: 'Selected' }).waitFor();
    expect(await page.evaluate('getSelection().toString().trim()')).toBe(programs[0]!.code.trim());
    await page.context().close();
  });

  it('runs no script but its own', async () => {
    const { page } = await open();
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'document.title = "changed"';
      document.body.append(script);
    }`);
    expect(await page.title()).toBe('How to use student.mlpackage.zip');
    await page.context().close();
  });
});
