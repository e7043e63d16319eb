import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { ROOT } from '../../build/files.ts';
import { describeRenderer, type OpenedRenderer } from './open-renderer.ts';
import { SAMPLES, type Sample } from './samples.ts';
import { drawThumbnail } from './thumbnail.ts';

/** Pictures of docs/guide.md. `DECANT_GUIDE=docs npx vitest run test/renderer/guide` draws them anew into docs/guide/. */
const WRITES = process.env.DECANT_GUIDE === 'docs';
const FOLDER = join(ROOT, 'docs', 'guide');

interface Screen {
  readonly name: string;
  readonly sample?: () => Sample;
  /** Brings the window to what the picture shows. */
  readonly show: (window: OpenedRenderer) => Promise<void>;
}

const SCREENS: readonly Screen[] = [
  {
    name: 'datasets',
    show: async ({ page }) => {
      await page.getByRole('table', { name: 'Datasets' }).getByText('flowers12').first().click();
      await page.getByRole('heading', { level: 1, name: 'flowers12' }).waitFor();
      await page.getByRole('grid', { name: 'Classes' }).getByRole('row', { name: 'daisy' }).click();
    },
  },
  {
    name: 'new-run',
    show: async (window) => {
      await window.visit('New run');
      await window.page.getByText('about 10 min 31 s', { exact: true }).waitFor();
    },
  },
  { name: 'runs', sample: SAMPLES.running, show: (window) => window.visit('Runs') },
  {
    name: 'run',
    sample: SAMPLES.running,
    show: async (window) => {
      await window.visit('Runs');
      await window.page.getByRole('grid', { name: 'Runs' }).getByText('flowers12 · best', { exact: true }).dblclick();
      await window.page.getByRole('heading', { name: /^Loss .*: student$/ }).waitFor();
    },
  },
  {
    name: 'compare',
    show: async (window) => {
      await window.visit('Compare');
      await window.page.getByRole('heading', { name: /^Top-1 .* FLOPs$/ }).waitFor();
    },
  },
  {
    name: 'try',
    show: async (window) => {
      await window.visit('Try');
      await window.page
        .locator('input[type=file]')
        .setInputFiles({ name: 'daisy.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(drawThumbnail(3)) });
      await window.page.getByText('Both say daisy').waitFor();
    },
  },
  {
    name: 'export',
    show: async (window) => {
      await window.visit('Export');
      await window.page
        .getByRole('table', { name: 'Files' })
        .getByRole('row', { name: /^TFLite int8\s/ })
        .click();
    },
  },
  {
    name: 'settings',
    show: async (window) => {
      await window.visit('Settings');
      await window.page.getByRole('button', { name: /back ends$/ }).click();
      await window.page.getByRole('table', { name: 'Back ends' }).getByText('There is no graphics card').waitFor();
    },
  },
];

describeRenderer('Pictures of the guide', (open) => {
  it.each(SCREENS)('$name', async ({ name, sample = SAMPLES.finished, show }) => {
    const window = await open({ sample: sample() });
    await show(window);
    await window.page.waitForTimeout(400); // Charts draw themselves in the next frames.
    await window.picture(`guide-${name}`);
    if (WRITES) {
      const shot = await window.page.screenshot({ animations: 'disabled' });
      await sharp(shot)
        .png({ palette: true, colours: 64, effort: 10 })
        .toFile(join(FOLDER, `${name}.png`));
    }
    await window.close();
  });

  it('are there, one for each screen', async () => {
    expect((await readdir(FOLDER)).sort()).toEqual(SCREENS.map(({ name }) => `${name}.png`).sort());
  });
});
