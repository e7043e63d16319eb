import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import PO from 'pofile';
import { expect, it } from 'vitest';
import { CONVENTIONS } from '../../shared/run/report.ts';
import { describeRenderer } from './open-renderer.ts';

/** English texts of the window that are other ones in Chinese → these. */
const chinese = new Map(
  PO.parse(readFileSync(fileURLToPath(new URL('../../locales/zh-CN.po', import.meta.url)), 'utf8')).items.map(
    ({ msgid, msgstr: [text = ''] }) => [msgid.trim(), text],
  ),
);
/** Of the samples' runs; the catalogue has the word, too. */
const SAMPLE_TAG = 'phone';
const say = (text: string): string => chinese.get(text)!;

/** What of the page is shown or read aloud in English, though there are Chinese words for it. */
async function findEnglish(page: Page): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const found: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) found.push(walker.currentNode.textContent ?? '');
    for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
      for (const element of document.querySelectorAll(`[${name}]`)) found.push(element.getAttribute(name) ?? '');
    return found;
  });
  // A report holds its conventions as they were written when it was made.
  const stored = new Set<string>([...CONVENTIONS, SAMPLE_TAG]);
  return texts
    .map((text) => text.trim())
    .filter((text) => chinese.has(text) && text !== '' && say(text) !== text && !stored.has(text));
}

describeRenderer('The window in Chinese', (open) => {
  it.each(['light', 'dark'] as const)('speaks Chinese at every place, in the %s theme', async (theme) => {
    const window = await open({ language: 'zh-CN', theme });
    const { page } = window;
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    for (const place of ['Datasets', 'New run', 'Runs', 'Compare', 'Try', 'Export', 'Settings']) {
      await page
        .getByRole('navigation', { name: say('Main') })
        .getByRole('button', { name: say(place) })
        .click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForTimeout(300); // Until what the place asks for has come.
      await window.picture(`chinese-${place.toLowerCase().replace(' ', '-')}-${theme}`);
      expect(await findEnglish(page), place).toEqual([]);
      expect(await window.findAccessibilityFaults(), place).toEqual([]);
    }
    await window.close();
  });

  it('opens in English where no language is named, or one that there is not', async () => {
    const window = await open();
    await window.visit('Settings');
    await window.page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN');
    await expect
      .poll(() => window.bridge.asked.filter(({ name }) => name === 'settings.change').map(({ params }) => params))
      .toEqual([{ language: 'zh-CN' }]);
    await window.close();
  });
});
