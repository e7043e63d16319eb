/** One sitting at the real app: a dataset is opened, compressed, watched, compared, exported and found again. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../../build/files.ts';
import { findAccessibilityFaults } from '../../helpers/accessibility.ts';
import { askValue, type DesktopApp, findDesktop, makeSandbox } from '../../helpers/desktop-app.ts';

const SHOTS = join(ROOT, 'test-results', 'desktop');
const MINUTES = 60_000;

/** Weights of a network as people have them in a file: those of the sample run's teacher. */
function findSampleTeacher(): string {
  const samples = join(ROOT, 'samples', 'finished-run');
  const [run = ''] = readdirSync(samples);
  const name = readdirSync(join(samples, run)).find((each) => each.startsWith('teacher.'));
  return join(samples, run, name ?? '');
}

const desktop = await findDesktop();
if ('missing' in desktop) console.warn(`The app is not tried as a whole. ${desktop.missing}`);

describe.skipIf('missing' in desktop)('a first sitting at the app', { timeout: 8 * MINUTES }, () => {
  const sandbox = makeSandbox();
  let running: DesktopApp;

  beforeAll(async () => {
    if ('missing' in desktop) return;
    mkdirSync(SHOTS, { recursive: true });
    running = await desktop.start(sandbox);
  }, 3 * MINUTES);
  afterAll(async () => {
    await running?.quit();
    if (!('missing' in desktop)) desktop.stop();
    sandbox.remove();
  });

  const picture = (name: string) =>
    running.page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled' });
  const visit = (place: string) =>
    running.page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: place }).click();

  it('draws the sample dataset and says what is in it', async () => {
    const { page } = running;
    await page.getByRole('button', { name: 'Try a sample dataset' }).click();
    await page.getByRole('grid', { name: 'Classes' }).waitFor({ timeout: 2 * MINUTES });
    const loaded = '[...document.images].every((image) => image.complete && image.naturalWidth > 0)';
    await expect.poll(() => page.evaluate(loaded)).toBe(true);
    await picture('dataset');
  });

  it('compresses it with few epochs and imported weights, and shows how it goes', async () => {
    const { page, app } = running;
    await page.getByRole('button', { name: 'New run' }).last().click();
    await page.getByText('Quick look', { exact: true }).click();
    await page.getByLabel('Name').fill('first try');
    for (const [name, value] of [
      ['Most training images', '600'],
      ['Epochs of the teacher', '2'],
      ['Epochs before the first cut', '2'],
      ['Epochs of cutting', '1'],
      ['Epochs after the last cut', '3'],
      ['Input size (px)', '32'],
      ['Timed inferences', '20'],
      ['Width of the teacher', '0.5'],
    ] as const) {
      await page.getByRole('searchbox', { name: 'Find a setting' }).fill(name);
      await page.getByLabel(name, { exact: true }).fill(value);
    }
    // The dialogs are the system's own; what they answer is all that can be played.
    await app.evaluate(({ dialog }, filePath) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [filePath] });
    }, findSampleTeacher());
    await page.getByRole('combobox', { name: 'Network' }).first().selectOption('mobilenet-v3-small');
    await page.getByText('Weights file', { exact: true }).click();
    await page.getByRole('button', { name: 'Choose file…' }).click();
    await page.getByText('Starts from').waitFor();
    await page.getByText('vs full student').waitFor();
    await picture('new-run');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { level: 1, name: 'first try' }).waitFor();
    await expect
      .poll(async () => (await askValue(page, 'engine.status', {})).activeRun, { timeout: MINUTES })
      .not.toBeNull();
    await picture('run-at-work');
    await expect
      .poll(async () => (await askValue(page, 'runs.list', {})).rows[0]?.state, {
        timeout: 6 * MINUTES,
        interval: 1000,
      })
      .toBe('finished');
    await picture('run-finished');
  });

  it('compares teacher and student, down to single images and what each network looked at', async () => {
    const { page } = running;
    await visit('Compare');
    await page.getByRole('heading', { name: 'Top-1 vs FLOPs' }).waitFor();
    await picture('compare');
    const [row] = (await askValue(page, 'runs.list', {})).rows;
    if (!row) throw new Error('The run is gone.');
    const seen = await askValue(page, 'compare.predictions', {
      run: row.id,
      model: 'student',
      label: null,
      guess: null,
      wrongOnly: true,
      offset: 0,
      limit: 5,
    });
    expect(seen.total).toBe(Math.round(1000 * (1 - (row.studentTop1 ?? 0))));
    const image = seen.images[0]?.image ?? 0;
    const { levels } = await askValue(page, 'compare.attention', { run: row.id, image });
    expect(levels.length).toBeGreaterThan(0);
  });

  it('exports a file that its runtime agrees with, where the dialog says', async () => {
    const { page, app } = running;
    const file = join(sandbox.folder, 'student.tflite');
    await app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, file);
    await visit('Export');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await picture('export');
    await page.getByRole('button', { name: 'Export TFLite int8…' }).first().click();
    const verified = page.getByRole('row', { name: /^TFLite int8 / }).getByText('LiteRT');
    await verified.waitFor({ timeout: 2 * MINUTES });
    await picture('exported');
    expect(readFileSync(file).subarray(4, 8).toString()).toBe('TFL3');
    expect(existsSync(`${file}.html`)).toBe(true);
  });

  it('asks both networks about an image of the user’s own', async () => {
    const { page } = running;
    await visit('Try');
    const [dataset] = await askValue(page, 'datasets.list', {});
    const image = join(dataset?.path ?? '', 'test');
    const [folder = ''] = readdirSync(image);
    const [name = ''] = readdirSync(join(image, folder));
    await page.setInputFiles('input[type=file]', join(image, folder, name));
    await page.getByText(/%/).first().waitFor();
    await picture('try');
  });

  it('finds the run again by its name', async () => {
    const { page } = running;
    await visit('Runs');
    await page.getByRole('searchbox').first().fill('first try');
    await page.getByRole('row', { name: 'first try' }).waitFor();
    await picture('runs');
  });

  it.each(['light', 'dark'] as const)(
    'has no serious fault of accessibility on any screen, in the %s theme',
    async (theme) => {
      const { page } = running;
      await askValue(page, 'settings.change', { theme });
      for (const place of ['Datasets', 'New run', 'Runs', 'Compare', 'Try', 'Export', 'Settings']) {
        await visit(place);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForTimeout(500);
        await picture(`${place.toLowerCase().replace(' ', '-')}-${theme}`);
        expect(await findAccessibilityFaults(page), place).toEqual([]);
      }
    },
  );

  it('complains of nothing', () => {
    expect(running.complaints).toEqual([]);
  });
});
