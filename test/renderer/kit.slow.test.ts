import { expect, it } from 'vitest';
import { describeRenderer } from './open-renderer.ts';
import { buildGallery } from './served-renderer.ts';

describeRenderer(
  'the kit',
  (open) => {
    it.each(['light', 'dark'] as const)('is without fault in the %s theme', async (theme) => {
      for (const [hash, height] of [
        ['kit', 1500],
        ['charts', 1700],
      ] as const) {
        const window = await open({ hash, theme, height });
        await window.page.waitForTimeout(300);
        await window.picture(`gallery-${hash}-${theme}`);
        expect(await window.findAccessibilityFaults()).toEqual([]);
        await window.close();
      }
    });

    it('numbers are understood as people type them, and refused with a sentence', async () => {
      const window = await open({ hash: 'kit' });
      const rate = window.page.getByLabel('Learning rate');
      await rate.fill('11');
      await expectShown(window.page.getByText('Enter 10 or less.'));
      expect(await rate.getAttribute('aria-invalid')).toBe('true');
      await rate.fill('0,5');
      expect(await rate.getAttribute('aria-invalid')).toBeNull();
      await rate.blur();
      expect(await rate.inputValue()).toBe('0.5');
      await rate.press('ArrowUp');
      expect(await rate.inputValue()).toBe('0.51');
      await window.close();
    });

    it('menus, tabs, dialogs and sorting work by keyboard', async () => {
      const window = await open({ hash: 'kit' });
      const { page } = window;
      await page.getByRole('button', { name: 'Menu' }).focus();
      await page.keyboard.press('Enter');
      await expectShown(page.getByRole('menuitem', { name: 'Rename' }));
      await page.waitForFunction(() => document.activeElement?.textContent?.includes('Rename'));
      await page.keyboard.press('ArrowDown');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Delete');
      await page.keyboard.press('Escape');
      expect(await page.getByRole('menuitem').count()).toBe(0);

      await page.getByRole('tab', { name: 'Summary' }).focus();
      await page.keyboard.press('ArrowRight');
      await expectShown(page.getByText('Class by class.'));

      await page.getByRole('button', { name: 'Dialog' }).focus();
      await page.keyboard.press('Enter');
      await expectShown(page.getByRole('dialog', { name: 'Delete three runs?' }));
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').count()).toBe(0);

      const table = page.getByRole('table', { name: 'Networks' });
      await table.getByRole('button', { name: 'Compressed student' }).press('Enter');
      const first = async (): Promise<string | null> => table.locator('tbody td').first().textContent();
      expect(await first()).toContain('Top-5');
      await table.getByRole('button', { name: 'Compressed student' }).press('Enter');
      expect(await first()).toContain('Top-1');
      await window.close();
    });

    it('10 000 rows are scrolled, walked and chosen without being drawn', async () => {
      const window = await open({ hash: 'table' });
      const { page } = window;
      const grid = page.getByRole('grid', { name: 'Runs' });
      const workMs = await window.measureWorkMs(() =>
        grid.evaluate(async (element) => {
          for (let step = 1; step <= 60; step++) {
            element.scrollTop = (element.scrollHeight / 60) * step;
            await new Promise(requestAnimationFrame);
          }
        }),
      );
      expect(workMs / 60, 'work for a frame').toBeLessThan(25);
      expect(await grid.getByRole('row').count()).toBeLessThan(60);
      await expectShown(grid.getByText('run 9999', { exact: true }));
      await grid.focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Shift+ArrowDown');
      await page.keyboard.press('Shift+PageDown');
      await page.keyboard.press('Enter');
      await expectShown(page.getByText(/^run 1\d · 1\d$/));
      await page.keyboard.press('End');
      await expectShown(grid.getByText('run 9999', { exact: true }));
      await window.close();
    });

    it('a curve of 100 000 points grows without stutter', async () => {
      const window = await open({ hash: 'growing' });
      const { page } = window;
      await page.waitForTimeout(500);
      const measureGrowth = () =>
        window.measureWorkMs(async () => {
          await page.getByRole('button', { name: 'Grow' }).click();
          await page.getByText('grown').waitFor();
        });
      const workMs = await measureGrowth();
      await window.picture('gallery-growing');
      await page.getByRole('button', { name: 'Clear' }).click();
      const shortMs = await measureGrowth();
      // What a frame takes is the machine's; a hundred times as many points, thinned to the pixels, take a few times as long.
      expect(workMs / shortMs, 'work for a frame of a long curve by that of a short one').toBeLessThan(5);
      await window.close();
    });
  },
  buildGallery,
);

async function expectShown(locator: { waitFor(): Promise<void> }): Promise<void> {
  await locator.waitFor();
}
