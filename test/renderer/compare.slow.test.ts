import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createSampleReport } from '../helpers/sample-report.ts';
import { describeRenderer, type OpenedRenderer } from './open-renderer.ts';
import { answerFrom, createPrediction, createRow, createRun, DATASET_ID, FLOWERS, SAMPLES } from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';

const LONG_NAME =
  'Blüten und Blätter 🌻🌼 漢字の長い名前 with many more words than any line of any window could ever hold, on and on';

/** The whole page at once, for the eye. */
async function pictureWhole(window: OpenedRenderer, name: string): Promise<void> {
  const before = window.page.viewportSize()!; // Every window is opened with one.
  const height = await window.page
    .locator('.content')
    .first()
    .evaluate((element) => element.scrollHeight);
  await window.page.setViewportSize({ width: before.width, height: height + 110 });
  await window.page.waitForTimeout(400);
  await window.picture(name);
  await window.page.setViewportSize(before);
}

const overflow = (window: OpenedRenderer): Promise<number> =>
  window.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

describeRenderer('Compare', (open) => {
  it.each(['light', 'dark'] as const)(
    'shows the newest finished run in the %s theme, without a fault',
    async (theme) => {
      const window = await open({ theme });
      const { page } = window;
      await window.visit('Compare');
      await page.getByRole('heading', { name: 'flowers12 · balanced' }).waitFor();
      await page.getByRole('heading', { name: 'Top-1 vs FLOPs' }).waitFor();
      const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^FLOPs/ }) });
      await expect.poll(() => row.innerText()).toMatch(/36\.2.M.*52\.8.M.*31\.6.M.*best.*−12\.7.%\s*better/s);
      expect(await window.findAccessibilityFaults()).toEqual([]);
      await pictureWhole(window, `compare-${theme}`);
      await window.close();
    },
  );

  it('says that a model is useless, withholds the retention, and leads on', async () => {
    const report = createSampleReport();
    const images = report.dataset.images.test;
    const always = report.dataset.classes.map(() => report.dataset.classes.map((_, label) => (label === 7 ? 20 : 0)));
    const guess = 20 / images;
    const useless = {
      ...report,
      teacher: { ...report.teacher, top1: guess },
      student: { ...report.student, top1: guess },
      retention: { ...report.retention, vsTeacher: 1 },
      confusion: { ...report.confusion, teacher: always, student: always },
    };
    const window = await open({
      script: { 'runs.show': ({ run }) => createRun({ ...createRow(0), id: run }, { report: useless }) },
    });
    const { page } = window;
    await window.visit('Compare');
    const verdict = page.getByRole('region', { name: 'Verdict' });
    await verdict.getByRole('heading', { name: 'Did not learn: the teacher only guesses' }).waitFor();
    await verdict.getByText('It answers “rose” for 100.0 % of them.').waitFor();
    expect(await page.getByText('tells nothing about this teacher').count()).toBe(1);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.picture('compare-useless');
    await verdict.getByRole('button', { name: 'Train longer' }).click();
    await page.getByRole('heading', { name: 'New run' }).first().waitFor();
    await window.close();
  });

  it('maps what each layer is worth, where a run measured it, and shows what a latency table predicts', async () => {
    const report = createSampleReport();
    const sensitivity = report.layers.map(({ name, before }, i) => ({
      layer: name,
      channels: before,
      points: [0, 1, 2, 4, 6].map((eighths) => ({
        removed: (eighths * before) / 8,
        top1: 0.9 - (0.9 * eighths ** 2) / (36 + 20 * (i % 5)),
      })),
    }));
    const cuts = report.cuts.map((cut) => (cut.cut < 3 ? { ...cut, sensitivity } : cut));
    const latency = {
      table: 'this-tflite-fp32',
      device: 'this',
      machine: 'Abacus, linux x64',
      runtime: 'LiteRT 2.5.3, XNNPACK in WebAssembly, 1 thread',
      precision: 'fp32',
      sha256: 'a'.repeat(64),
      measuredAt: '2026-11-30T10:05:00.000Z',
      medianError: 0.05,
      boundMs: 5,
      baseline: { predictedMs: 9, measuredMs: 9.5 },
      student: { predictedMs: 4.9, measuredMs: 4.7 },
    };
    const window = await open({
      script: {
        'runs.show': ({ run }) => createRun({ ...createRow(0), id: run }, { report: { ...report, cuts, latency } }),
      },
    });
    const { page } = window;
    await window.visit('Compare');
    await page.getByRole('heading', { name: 'Sensitivity' }).waitFor();
    await page.getByText(`${report.layers[0]!.name} is the most sensitive layer`).waitFor();
    await page.getByRole('combobox', { name: /^Cut before which/ }).selectOption({ label: 'Before cut 2' });
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Latency by table' }) });
    expect(await row.innerText()).toMatch(/–\s+9\.50.ms \(9\.00.ms predicted\)\s+4\.70.ms \(4\.90.ms predicted\)/);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await pictureWhole(window, 'compare-sensitivity');
    await window.close();
  });

  it('compares against another network, and with other runs that are found by typing', async () => {
    const sample = SAMPLES.manyRuns();
    const window = await open({
      sample,
      script: {
        'runs.show': async (asked) => {
          const run = await answerFrom(sample)['runs.show']!(asked); // Every sample has one.
          if (asked.run === sample.rows[0]!.id) return run;
          const { train, prune } = run.recipe;
          return {
            ...run,
            recipe: { ...run.recipe, train: { ...train, patience: 5 }, prune: { ...prune, macs: null } },
          };
        },
      },
    });
    const { page } = window;
    await window.visit('Compare');
    await page.getByRole('combobox', { name: 'Reference' }).selectOption('Full student');
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^FLOPs/ }) });
    await expect.poll(() => row.innerText()).toMatch(/−40\.2.%/);

    await page.getByRole('button', { name: 'Compare with…' }).click();
    await page.getByRole('searchbox', { name: 'Search runs' }).fill('watch 4321');
    const other = page.getByRole('checkbox', { name: /small for watch 4321/ });
    await other.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    expect(await other.isChecked()).toBe(true);
    await window.picture('compare-pick');
    await page.keyboard.press('Escape');
    const table = page.getByRole('region', { name: 'Comparison' });
    await table.getByRole('columnheader', { name: /small for watch 4321/ }).waitFor();
    expect(await table.getByRole('columnheader', { name: 'Compressed student' }).count()).toBe(2);
    await table.getByText('vs its full student').last().waitFor();
    const differences = page.getByRole('region', { name: 'Settings that differ' });
    const settings = differences.last().getByRole('row');
    await expect.poll(() => settings.allInnerTexts()).toHaveLength(3);
    expect(await settings.nth(1).innerText()).toMatch(/^Patience \(epochs\)\s+never\s+5$/);
    expect(await settings.nth(2).innerText()).toMatch(/^Share of MACs that may remain\s+0\.6\s+no limit$/);
    await page.getByRole('heading', { name: 'Top-1: student' }).waitFor();
    await page.getByRole('heading', { name: 'Training', exact: true }).scrollIntoViewIfNeeded();
    await window.picture('compare-runs-training');
    await page.getByRole('checkbox', { name: 'Show all networks of each run' }).check();
    expect(await table.getByRole('columnheader', { name: 'Teacher' }).count()).toBe(2);
    await window.picture('compare-runs');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: /^Remove .* from comparison$/ }).click();
    await expect.poll(() => table.getByRole('columnheader', { name: 'Teacher' }).count()).toBe(1);
    await window.close();
  });

  it.each([
    { theme: 'dark', width: 1024, height: 640 },
    { theme: 'light', width: 1280, height: 800, zoom: 2 },
  ] as const)('says of an image what its percentages are worth: %o', async (look) => {
    const window = await open(look);
    const { page, bridge } = window;
    const answer = (known: boolean) =>
      bridge.answer('compare.predictions', () => ({
        dataset: DATASET_ID,
        classes: FLOWERS,
        total: 1,
        calibrated: known,
        images: [{ ...createPrediction(0, FLOWERS), unlike: known ? true : null }],
      }));
    answer(true);
    await window.visit('Compare');
    await page.getByRole('button', { name: 'Show misclassified images' }).click();
    const panel = page.getByRole('region', { name: 'Images' });
    await panel.getByText('Confidence is calibrated on the validation images.').waitFor();
    await panel.getByRole('listitem').first().getByRole('button').click();
    const dialog = page.getByRole('dialog');
    const note = dialog.getByText('This image is not like the ones it learned from; the answer means little.');
    await note.scrollIntoViewIfNeeded();
    await window.picture(`compare-unlike-${look.theme}`);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.keyboard.press('Escape');

    answer(false);
    await panel.getByRole('checkbox', { name: 'Misclassified only' }).uncheck();
    await panel.getByText('Confidence is not calibrated, because this run is from an earlier version.').waitFor();
    await panel.getByRole('listitem').first().getByRole('button').click();
    await dialog.getByText('Confidence is not calibrated').waitFor();
    expect(await dialog.getByText('not like the ones').count()).toBe(0);
    await window.close();
  });

  it('opens the images behind a cell, and shows where both networks look', async () => {
    const window = await open();
    const { page, bridge } = window;
    await window.visit('Compare');
    const matrix = page.getByRole('img', { name: /^Compressed student/ });
    await matrix.scrollIntoViewIfNeeded();
    const box = (await matrix.boundingBox())!; // It is in sight.
    // The first cell of twelve by twelve, inside the room that the names take.
    await matrix.click({
      position: { x: 128 + (box.width - 144) / 24, y: 8 + (box.height - 104) / 24 },
    });
    const panel = page.getByRole('region', { name: 'Images' });
    await panel.getByRole('heading', { name: 'daisy, correct' }).waitFor();
    expect(bridge.asked.findLast(({ name }) => name === 'compare.predictions')?.params).toMatchObject({
      model: 'student',
      label: 0,
      guess: 0,
    });

    await page.getByRole('button', { name: /daisy mistaken for/ }).click();
    await panel.getByRole('heading', { name: /daisy mistaken for/ }).waitFor();
    await panel.getByRole('listitem').first().getByRole('button').waitFor();
    await window.picture('compare-images');
    expect(await window.findAccessibilityFaults()).toEqual([]);

    const list = panel.getByRole('list', { name: 'Test images' });
    await list.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await list.getByRole('listitem').last().getByRole('button').waitFor();
    expect(bridge.asked.findLast(({ name }) => name === 'compare.predictions')?.params).toMatchObject({ offset: 200 });
    expect(await list.getByRole('listitem').count()).toBeLessThan(40);
    await list.evaluate((element) => element.scrollTo({ top: 0 }));

    await panel.getByRole('listitem').first().getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 of 240').waitFor();
    await dialog.getByText('This image is not like the ones it learned from; the answer means little.').waitFor();
    await dialog.getByText('Confidence is calibrated on the validation images.').waitFor();
    await dialog.getByRole('combobox', { name: 'Level' }).selectOption({ index: 2 });
    await dialog.getByText('student.stage4').waitFor();
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.picture('compare-attention');
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('2 of 240').waitFor();
    expect(await dialog.getByText('not like the ones').count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog.count()).toBe(0);
    await window.close();
  });

  it('shows the wrong images, by any network and class', async () => {
    const window = await open();
    const { page, bridge } = window;
    await window.visit('Compare');
    await page.getByRole('button', { name: 'Show misclassified images' }).waitFor();
    await page.keyboard.press('Control+Shift+M');
    const panel = page.getByRole('region', { name: 'Images' });
    await panel.getByText('28 images').waitFor();
    await panel.getByRole('combobox', { name: 'Network' }).selectOption('Teacher');
    await panel.getByRole('combobox', { name: 'True class' }).selectOption('iris');
    await panel.getByRole('heading', { name: 'iris, misclassified' }).waitFor();
    await expect
      .poll(() => bridge.asked.findLast(({ name }) => name === 'compare.predictions')?.params)
      .toMatchObject({ model: 'teacher', label: 3, guess: null, wrongOnly: true, offset: 0 });
    await panel.getByRole('button', { name: 'Close images' }).click();
    expect(await panel.count()).toBe(0);
    await window.close();
  });

  it('says what an older run did not keep, and what was not trained or measured', async () => {
    const report = createSampleReport();
    const window = await open({
      script: {
        'runs.show': () =>
          createRun(createRow(0, { name: LONG_NAME }), {
            report: {
              ...report,
              baseline: { ...report.baseline, top1: null, top5: null },
              retention: { ...report.retention, vsBaseline: null },
              confusion: { ...report.confusion, baseline: null },
              perClass: report.perClass.map((line) => ({ ...line, baselineTop1: null })),
              cka: [],
            },
          }),
        'compare.predictions': () => {
          throw new ScriptedFailure('run.incomplete', 'This run did not keep what was said of each image.');
        },
      },
    });
    const { page } = window;
    await window.visit('Compare');
    await page.getByText('not trained').first().waitFor();
    await page.getByText('Not measured in this run.').waitFor();
    await page.getByRole('button', { name: 'Show misclassified images' }).click();
    await page.getByText('This run did not keep what was said of each image.').waitFor();
    expect(await overflow(window)).toBeLessThanOrEqual(0);
    expect(await page.locator('main').innerText()).not.toMatch(/NaN|undefined|null/);
    await pictureWhole(window, 'compare-incomplete');
    await window.close();
  });

  it('shows of a run at work what is known so far', async () => {
    const sample = SAMPLES.running();
    const window = await open({ sample: { ...sample, rows: sample.rows.filter(({ state }) => state !== 'finished') } });
    const { page } = window;
    await window.visit('Compare');
    await page.getByRole('button', { name: 'Show active run' }).click();
    await page.getByText(/This run is in progress/).waitFor();
    await page.getByRole('rowheader', { name: /Top-1, validation/ }).waitFor();
    expect(await page.getByRole('heading', { name: 'Confusion' }).count()).toBe(0);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await pictureWhole(window, 'compare-at-work');
    await window.close();
  });

  it('teaches where there is nothing, and tries again what failed', async () => {
    const empty = await open({ sample: SAMPLES.empty() });
    await empty.visit('Compare');
    await empty.page.getByRole('heading', { name: 'No finished runs yet' }).waitFor();
    expect(await empty.findAccessibilityFaults()).toEqual([]);
    await empty.picture('compare-empty');
    await empty.close();

    let broken = true;
    const failing = await open({
      script: {
        'runs.show': () => {
          if (broken) throw new ScriptedFailure('store.unreadable', 'The report of this run cannot be read.');
          return createRun(createRow(0));
        },
      },
    });
    await failing.visit('Compare');
    await failing.page.getByText('The report of this run cannot be read.').waitFor();
    await failing.picture('compare-failed');
    broken = false;
    await failing.page.getByRole('button', { name: 'Try again' }).click();
    await failing.page.getByRole('heading', { name: 'Side by side' }).waitFor();
    await failing.close();
  });

  it('copies a chart with its title', async () => {
    const window = await open();
    const { page } = window;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await window.visit('Compare');
    const figure = page.getByRole('figure', { name: 'Top-1 vs FLOPs' });
    await figure.locator('canvas').first().waitFor();
    await figure.getByRole('button', { name: 'Copy chart' }).click();
    await page.getByRole('menuitem', { name: 'Copy as PNG' }).click();
    await page.getByText('Chart copied as PNG.').waitFor();
    const copied = await page.evaluate(async () => {
      const [item] = await navigator.clipboard.read();
      const bytes = new Uint8Array(await (await item!.getType('image/png')).arrayBuffer());
      return [...bytes];
    });
    const png = Buffer.from(copied);
    await writeFile('test-results/compare-copied-chart.png', png);
    // Twice as sharp as on the screen, and higher by the words above the chart.
    expect(png.readUInt32BE(20)).toBeGreaterThan(2 * 240 + 2 * 30);
    await window.close();
  });

  it('stays readable from two classes to a thousand', async () => {
    const two = createSampleReport({ classes: ['cat', 'dog'] });
    const small = await open({ script: { 'runs.show': () => createRun(createRow(0), { report: two }) } });
    await small.visit('Compare');
    await small.page.getByRole('heading', { name: 'Confusion' }).waitFor();
    expect(await small.page.getByRole('rowheader', { name: /^Top-5/ }).count()).toBe(0);
    await pictureWhole(small, 'compare-two-classes');
    await small.close();

    const large = await open({ sample: SAMPLES.manyClasses() });
    const { page } = large;
    await large.visit('Compare');
    await page.getByText(/the 40 of 1.000 classes that both networks confuse most/).waitFor({ timeout: 60_000 });
    expect(await page.getByRole('grid', { name: 'Classes' }).getByRole('row').count()).toBeLessThan(60);
    await page.getByText('All, grouped').click();
    await page.getByText(/All 1.000 classes, in 40 groups of up to 25/).waitFor();
    await pictureWhole(large, 'compare-many-classes');
    await large.close();
  }, 120_000);

  it('copies the table, and saves the report', async () => {
    const window = await open();
    const { page, bridge } = window;
    await window.visit('Compare');
    const menu = page.locator('main').getByRole('button', { name: 'Export' });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Copy table as CSV' }).click();
    await expect.poll(() => bridge.countAsked('text.copy')).toBe(1);
    // The request's own schema: one text.
    const { text } = bridge.asked.findLast(({ name }) => name === 'text.copy')!.params as { text: string };
    expect(text.split('\r\n')[0]).toBe(',Teacher,Full student,Compressed student');
    expect(text).toContain('macs,18100000,26400000,15800000');
    await menu.click();
    await page.getByRole('menuitem', { name: 'Report as HTML…' }).click();
    await expect
      .poll(() => bridge.asked.findLast(({ name }) => name === 'exports.saveReport')?.params)
      .toMatchObject({ kind: 'html' });
    await page.getByText('Report saved.').waitFor();
    await window.close();
  });

  it.each([
    [1024, 640, 1, 'small'],
    [1024, 640, 2, 'zoomed'],
  ] as const)('fits %i × %i at a zoom of %i', async (width, height, zoom, name) => {
    const window = await open({ width, height, zoom });
    await window.visit('Compare');
    await window.page.getByRole('heading', { name: 'Top-1 vs FLOPs' }).waitFor();
    await window.page.getByRole('button', { name: 'Show misclassified images' }).click();
    await window.page.getByText('28 images').waitFor();
    await window.picture(`compare-images-${name}`);
    expect(await overflow(window)).toBeLessThanOrEqual(0);
    await window.page.getByRole('button', { name: 'Close images' }).click();
    expect(await overflow(window)).toBeLessThanOrEqual(0);
    await pictureWhole(window, `compare-${name}`);
    await window.close();
  });
});
