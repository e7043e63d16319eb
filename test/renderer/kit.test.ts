import { expect, it } from 'vitest';
import { describeRenderer } from './open-renderer.ts';
import { GALLERY } from './served-renderer.ts';

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
  },
  GALLERY,
);
