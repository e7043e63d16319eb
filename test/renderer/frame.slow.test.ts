import { expect, it } from 'vitest';
import { recipeSchema } from '../../shared/run/recipe.ts';
import { describeRenderer, type OpenedRenderer } from './open-renderer.ts';
import { createDataset, createRow, createStatus, SAMPLES } from './samples.ts';

const PLACES = ['Datasets', 'New run', 'Runs', 'Compare', 'Try', 'Export', 'Settings'];

const readTitle = ({ page }: OpenedRenderer): Promise<string | null> =>
  page.getByRole('heading', { level: 1 }).textContent();

/** Holds files over the window and lets them go, as the system does: what they are is known before, which they are after. */
async function drag({ page }: OpenedRenderer, files: { name: string; type: string }[], letGo = false): Promise<void> {
  await page.evaluate(
    ({ files, letGo }) => {
      const held = new DataTransfer();
      for (const { name, type } of files) held.items.add(new File(['x'], name, { type }));
      for (const type of ['dragenter', 'dragover', ...(letGo ? ['drop'] : [])])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: held, bubbles: true, cancelable: true }));
    },
    { files, letGo },
  );
}

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

  it('is walked by keyboard: places, back and forward, the sheet of shortcuts', async () => {
    const window = await open();
    const { page } = window;
    for (const [index, place] of PLACES.entries()) {
      await page.keyboard.press(`Control+${index + 1}`);
      await window.waitForPlace(place);
    }
    await page.keyboard.press('Alt+ArrowLeft');
    await window.waitForPlace('Export');
    await page.keyboard.press('Alt+ArrowRight');
    await window.waitForPlace('Settings');
    await page.keyboard.press('Control+/');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await window.picture('frame-shortcuts');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.keyboard.press('Control+1');
    await window.waitForPlace('Settings');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+1');
    await window.waitForPlace('Datasets');
    await window.close();
  });

  it('the palette finds screens, datasets, runs that only the store knows, and commands', async () => {
    const sample = SAMPLES.manyRuns();
    sample.rows[7777] = { ...createRow(7777), name: 'a needle among many' };
    const window = await open({ sample });
    const { page } = window;
    const find = async (text: string, hit: RegExp): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: /^Find a dataset/ }).fill(text);
      await page.getByRole('option', { name: hit, selected: true }).waitFor();
    };
    await find('flow', /^flowers12 12 classes/);
    await window.picture('frame-palette');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('combobox').fill('needle');
    await page.getByRole('option', { name: /a needle among many/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'a needle among many' }).waitFor();
    await find('settings', /^Settings/);
    await page.keyboard.press('Enter');
    expect(await readTitle(window)).toBe('Settings');
    await find('dark theme', /^Switch to dark theme/);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^Find a dataset/ }).fill('qqqq');
    await page.getByText('No results for “qqqq”.').waitFor();
    await page.keyboard.press('Escape');
    await window.close();
  });

  it('says what will happen with what is held, and does it', async () => {
    const window = await open();
    const { page, bridge } = window;
    await drag(window, [{ name: 'flowers.zip', type: 'application/zip' }]);
    await page.getByText('Open as a dataset').waitFor();
    await window.picture('frame-drop');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await drag(window, [{ name: 'cat.png', type: 'image/png' }]);
    await page.getByText('A single image is not a dataset').waitFor();
    await window.picture('frame-drop-refused');

    bridge.onOpen = () => ({ kind: 'dataset', dataset: createDataset() });
    await drag(window, [{ name: 'flowers.zip', type: 'application/zip' }], true);
    await page.waitForFunction(() => !document.body.textContent?.includes('Open as a dataset'));
    expect(await readTitle(window)).toMatch(/Datasets|flowers12/);

    bridge.onOpen = () => ({
      kind: 'recipe',
      name: 'small.decant',
      recipe: recipeSchema.parse({ prune: { macs: 0.4 } }),
    });
    await drag(window, [{ name: 'small.decant', type: '' }], true);
    await page.getByRole('heading', { name: 'New run' }).waitFor();
    await window.close();
  });

  it('a wrong drop says what is wrong, and changes nothing', async () => {
    const window = await open();
    await drag(window, [{ name: 'holiday', type: '' }], true);
    await window.page.getByText('holiday is no dataset').waitFor();
    await window.picture('frame-drop-failed');
    expect(await readTitle(window)).toBe('Datasets');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('opens on the run that is at work, and back leads to the datasets', async () => {
    const window = await open({ sample: SAMPLES.running() });
    await window.page.getByRole('heading', { name: 'flowers12 · best', level: 1 }).waitFor();
    await window.page.keyboard.press('Alt+ArrowLeft');
    await window.waitForPlace('Datasets');
    await window.close();
  });

  it('the status bar follows the engine, and leads to the run', async () => {
    const sample = SAMPLES.running();
    const window = await open({ sample });
    const { page, bridge } = window;
    await page.getByRole('button', { name: '2 runs queued' }).waitFor();
    await page.getByText('6 min 12 s left').waitFor();
    await bridge.tell({
      type: 'engine.changed',
      status: { ...sample.status, progress: 0.5, remainingMs: 300_000, waiting: 1, imagesPerSecond: 191.2 },
    });
    await page.getByText('5 min 0 s left').waitFor();
    await page.getByRole('contentinfo').getByText('191 images/s').waitFor();
    await page.getByRole('button', { name: '1 run queued' }).waitFor();
    await page
      .getByRole('contentinfo')
      .getByRole('button', { name: /flowers12 · best/ })
      .click();
    await page.getByRole('heading', { level: 1, name: /flowers12 · best/ }).waitFor();
    await bridge.tell({
      type: 'engine.changed',
      status: createStatus({ state: 'failed', message: 'The engine ended by itself, three times in a row.' }),
    });
    await page.getByRole('button', { name: 'Engine stopped' }).waitFor();
    await window.close();
  });

  it('says at once that the engine was lost, and what becomes of the run', async () => {
    const sample = SAMPLES.running();
    const window = await open({ sample });
    const message = 'The engine stopped unexpectedly (signal SIGKILL) and is restarting.';
    await window.page.getByText('6 min 12 s left').waitFor();
    await window.bridge.tell({
      type: 'engine.changed',
      status: { ...sample.status, state: 'restarting', activeRun: null, message },
    });
    await window.page.getByText(`${message} The run goes on from its last checkpoint in a few seconds.`).waitFor();
    await window.page.getByText('Restarting engine…').waitFor();
    await window.picture('frame-restarting');
    await window.close();
  });

  it('the menu of the system reaches what it names', async () => {
    const window = await open();
    const { page, bridge } = window;
    for (const [command, title] of [
      ['new-run', 'New run'],
      ['runs', 'Runs'],
      ['settings', 'Settings'],
    ] as const) {
      await bridge.tell({ type: 'menu.chosen', command });
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    }
    await bridge.tell({ type: 'menu.chosen', command: 'find' });
    await page.getByRole('combobox', { name: /Find a dataset/ }).waitFor();
    await page.keyboard.press('Escape');
    await bridge.tell({ type: 'run.opened', run: createRow(1).id });
    await page.getByRole('heading', { level: 1, name: createRow(1).name }).waitFor();
    await window.close();
  });

  it('the theme is chosen, kept, and follows the system where it is not', async () => {
    const window = await open({ theme: 'dark' });
    const { page, bridge } = window;
    const readCanvas = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await readCanvas()).toBe('rgb(18, 20, 23)');
    await window.visit('Settings');
    await page.getByRole('radio', { name: 'Light' }).check({ force: true });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    await expect.poll(readCanvas).toBe('rgb(244, 245, 246)'); // From the next frame on.
    expect(bridge.asked.filter(({ name }) => name === 'settings.change').map(({ params }) => params)).toEqual([
      { theme: 'light' },
    ]);
    await window.close();
  });
});
