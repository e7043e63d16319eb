import { expect, it } from 'vitest';
import { describeRenderer } from './open-renderer.ts';
import { SAMPLES } from './samples.ts';

const PLACES = ['Datasets', 'New run', 'Runs', 'Compare', 'Try', 'Export', 'Settings'];

describeRenderer('the frame', (open) => {
  it.each(['light', 'dark'] as const)('shows every place in the %s theme, without a fault', async (theme) => {
    const window = await open({ sample: SAMPLES.running(), theme });
    for (const place of PLACES) {
      await window.visit(place);
      await window.picture(`frame-${place.toLowerCase().replace(' ', '-')}-${theme}`);
      expect(await window.findAccessibilityFaults()).toEqual([]);
    }
    await window.close();
  });

  it('fits 1024 x 640 and 200 % of zoom: nothing is pushed out of sight', async () => {
    for (const [zoom, name] of [
      [1, 'small'],
      [2, 'zoomed'],
    ] as const) {
      const window = await open({ sample: SAMPLES.running(), width: 1024, height: 640, zoom });
      for (const place of PLACES) {
        await window.visit(place);
        const overflow = await window.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
        await window.picture(`frame-${place.toLowerCase().replace(' ', '-')}-${name}`);
      }
      await window.close();
    }
  });
});
