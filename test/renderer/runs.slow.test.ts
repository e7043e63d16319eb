import { expect, it } from 'vitest';
import { describeRenderer } from './open-renderer.ts';
import { createStatus, SAMPLES } from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';

describeRenderer('Runs', (open) => {
  it.each(['light', 'dark'] as const)('lists runs and shows the one selected, in the %s theme', async (theme) => {
    const window = await open({ sample: SAMPLES.running(), theme });
    const { page } = window;
    await window.visit('Runs');
    const grid = page.getByRole('grid', { name: 'Runs' });
    await grid.getByRole('row', { name: /flowers12 · balanced/ }).click();
    await page.getByRole('complementary', { name: 'Inspector' }).getByRole('textbox', { name: 'Note' }).waitFor();
    await window.picture(`runs-${theme}`);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('shows the name beside any number of tags', async () => {
    const sample = SAMPLES.finished();
    sample.rows[0] = { ...sample.rows[0]!, tags: ['phone', 'second try of March', 'with a longer name than others'] };
    const window = await open({ sample, width: 1024, height: 640 });
    await window.visit('Runs');
    const name = window.page.getByText(sample.rows[0].name, { exact: true }).first();
    const { width } = (await name.boundingBox())!; // Seen, or the test fails here.
    const cell = (await name.locator('..').boundingBox())!;
    expect(width).toBeGreaterThan(0.5 * cell.width);
    await window.picture('runs-tags');
    await window.close();
  });

  it('scrolls ten thousand runs, asking page by page, and finds one by typing', async () => {
    const window = await open({ sample: SAMPLES.manyRuns() });
    const { page, bridge } = window;
    await window.visit('Runs');
    const grid = page.getByRole('grid', { name: 'Runs' });
    await page.getByText('10\u2009000 runs').waitFor();
    expect(await grid.getByRole('row').count()).toBeLessThan(80);
    await grid.focus();
    await page.keyboard.press('End');
    await grid.getByText(/9999/).first().waitFor();
    expect(bridge.countAsked('runs.list')).toBeLessThan(12);
    // It was chosen before it was fetched.
    await page.getByRole('complementary', { name: 'Inspector' }).getByRole('heading', { name: /9999/ }).waitFor();
    await window.picture('runs-end');
    await page.keyboard.press('Control+f');
    await page.keyboard.type('watch 4321');
    await expect.poll(() => grid.getByRole('row').count()).toBe(2);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('combobox', { name: 'Tag' }).selectOption('phone');
    await page.getByText('2\u2009500 runs').waitFor();
    await grid.getByRole('button', { name: 'Top-1' }).click();
    await expect
      .poll(() => bridge.asked.findLast(({ name }) => name === 'runs.list')?.params)
      .toMatchObject({ sort: 'studentTop1', descending: true, tags: ['phone'], offset: 0 });
    await window.close();
  });

  it('renames in place, tags and notes', async () => {
    const window = await open();
    const { page, bridge } = window;
    await window.visit('Runs');
    const grid = page.getByRole('grid', { name: 'Runs' });
    await grid.getByRole('row', { name: /flowers12 · balanced/ }).click();
    await page.keyboard.press('F2');
    await page.getByRole('textbox', { name: 'Run name' }).fill('For the app');
    await window.picture('runs-rename');
    await page.keyboard.press('Enter');
    await grid.getByRole('row', { name: /For the app/ }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('grid');
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await inspector.getByRole('textbox', { name: 'Tags' }).fill('shipped');
    await page.keyboard.press('Enter');
    await inspector.getByRole('button', { name: 'Remove tag shipped' }).waitFor();
    await inspector.getByRole('textbox', { name: 'Note' }).fill('Went out with 2.0.');
    await grid.focus();
    await expect
      .poll(() => bridge.asked.findLast(({ name }) => name === 'runs.annotate')?.params)
      .toMatchObject({ note: 'Went out with 2.0.' });
    await window.close();
  });

  it('deletes several runs, and brings them back', async () => {
    const window = await open();
    const { page } = window;
    await window.visit('Runs');
    const grid = page.getByRole('grid', { name: 'Runs' });
    await grid.getByRole('row').nth(1).click();
    await grid
      .getByRole('row')
      .nth(2)
      .click({ modifiers: ['Shift'] });
    await page.getByRole('heading', { name: '2 runs' }).waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('2 runs deleted.').waitFor();
    await expect.poll(() => grid.getByRole('row').count()).toBe(2);
    await window.picture('runs-deleted');
    // It covers nothing: what is shown ends above it.
    const toast = (await page.getByRole('region', { name: 'Messages' }).boundingBox())!; // Both are seen.
    const shown = (await page.getByRole('grid', { name: 'Runs' }).boundingBox())!;
    expect(shown.y + shown.height).toBeLessThanOrEqual(toast.y);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => grid.getByRole('row').count()).toBe(4);
    await window.close();
  });

  it('exports the selected runs in all formats to one folder', async () => {
    const window = await open();
    const { page, bridge } = window;
    await window.visit('Runs');
    const button = page.getByRole('button', { name: 'Export in all formats…' });
    const rows = page.getByRole('grid', { name: 'Runs' }).getByRole('row');
    expect(await button.isDisabled()).toBe(true);
    await rows.nth(1).click();
    await rows.nth(2).click({ modifiers: ['Control'] });
    await button.click();
    await page
      .getByText(
        /^22 of 24 files written\. The onnx file’s logits differ .* 1 more file could not be written either\.$/,
      )
      .waitFor();
    const { runs } = bridge.asked.findLast(({ name }) => name === 'exports.saveAll')!.params as { runs: string[] };
    expect(runs).toHaveLength(2);
    await window.picture('runs-exported');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Open folder' }).click();
    await expect
      .poll(() => bridge.asked.findLast(({ name }) => name === 'exports.openFolder')?.params)
      .toEqual({ run: runs[0] });

    bridge.answer('exports.saveAll', ({ runs: asked }) =>
      asked.map((run) => ({
        run,
        all: null,
        failure: { code: 'run.unknown', message: 'This run has no student yet; let it finish first.' },
      })),
    );
    await button.click();
    await page.getByText('This run has no student yet; let it finish first.').waitFor();
    await window.close();
  });

  it('compares the selected runs, and runs one again with changes', async () => {
    const window = await open();
    const { page } = window;
    await window.visit('Runs');
    const grid = page.getByRole('grid', { name: 'Runs' });
    await grid.getByRole('row').nth(1).click();
    await page.getByRole('button', { name: 'Run again with changes' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'New run' }).waitFor();
    await page.getByText('vs full student').waitFor();
    await page.getByRole('button', { name: 'Start' }).click();
    await expect
      .poll(() => window.bridge.asked.find(({ name }) => name === 'runs.start')?.params)
      .toMatchObject({
        basedOn: '01run0000000',
      });
    await window.visit('Runs');
    await grid
      .getByRole('row')
      .nth(2)
      .click({ modifiers: ['Control'] });
    await page.keyboard.press('Control+Enter');
    await page.getByRole('heading', { name: 'Top-1 vs FLOPs' }).waitFor();
    await window.close();
  });

  it('shows the columns that were chosen, how far the active run is, and which run one goes back to', async () => {
    const sample = SAMPLES.running();
    const [first, second] = [sample.rows[0]!, sample.rows.find(({ state }) => state === 'finished')!];
    const again = { ...second, basedOn: { id: first.id, name: first.name } };
    sample.rows[sample.rows.indexOf(second)] = again;
    const window = await open({ sample });
    const { page } = window;
    await window.visit('Runs');
    const grid = page.getByRole('grid', { name: 'Runs' });
    await grid
      .getByRole('row')
      .filter({ hasText: 'Running' })
      .getByText(/^\d+ %$/)
      .waitFor();
    expect(await grid.getByRole('columnheader', { name: 'Retention' }).count()).toBe(1);
    expect(await grid.getByRole('columnheader', { name: 'Latency' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Columns' }).click();
    for (const name of ['Latency', 'Size', 'Run again of']) await page.getByRole('checkbox', { name }).check();
    await page.getByRole('checkbox', { name: 'Dataset' }).uncheck();
    await window.picture('runs-columns');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.keyboard.press('Escape');
    await grid.getByRole('columnheader', { name: 'Latency' }).getByRole('button').click();
    await grid.getByRole('gridcell', { name: first.name, exact: true }).last().waitFor();
    expect(window.bridge.asked.findLast(({ name }) => name === 'runs.list')?.params).toMatchObject({
      sort: 'latencyMs',
    });
    await grid.getByRole('row').filter({ hasText: again.name }).last().click();
    await page.getByRole('complementary', { name: 'Inspector' }).getByRole('button', { name: first.name }).click();
    await page.getByRole('heading', { level: 1, name: first.name }).waitFor();
    await window.close();
  });

  it('teaches what belongs here where there is nothing', async () => {
    const window = await open({ sample: SAMPLES.empty() });
    await window.visit('Runs');
    await window.page.getByText('No runs yet').waitFor();
    await window.picture('runs-empty');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.page.getByRole('button', { name: 'Add a dataset' }).click();
    await window.page.getByRole('heading', { level: 1, name: 'Datasets' }).waitFor();
    await window.close();
  });

  it('offers to restore runs that the store has lost, and says which it could not', async () => {
    const sample = SAMPLES.manyRuns();
    const [first] = sample.rows;
    const window = await open({
      sample,
      script: {
        'runs.countLost': () => ({ runs: 2 }),
        'runs.restoreLost': () => ({
          restored: [{ run: first!.id, name: first!.name, from: 'record', state: 'finished' }],
          left: [{ run: 'r', folder: '/home/runs/r', reason: 'It is damaged.' }],
        }),
      },
    });
    const { page, bridge } = window;
    await window.visit('Runs');
    await page.getByText('The list is missing the newest state of 2 runs').waitFor();
    await window.picture('runs-lost');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    const before = bridge.countAsked('runs.list');
    await page.getByRole('button', { name: 'Restore runs' }).click();
    await page.getByText('Restored 1 run.').waitFor();
    await page.getByText('/home/runs/r: It is damaged.').waitFor();
    await expect.poll(() => bridge.countAsked('runs.list')).toBeGreaterThan(before);
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await page.getByText('could not be restored').count()).toBe(0);
    await window.close();
  });

  it('repairs a damaged store, and shows what was restored', async () => {
    const message = 'The store /home/decant.sqlite cannot be read.';
    const sample = { ...SAMPLES.manyRuns(), status: createStatus({ state: 'failed', message }) };
    const [first] = sample.rows;
    let damaged = true;
    const window = await open({
      sample,
      script: {
        'runs.list': () => {
          if (damaged) throw new ScriptedFailure('store.unreadable', message);
          return { total: sample.rows.length, rows: sample.rows.slice(0, 100) };
        },
        'engine.repairStore': () => {
          damaged = false;
          return {
            setAside: '/home/decant-set-aside-2026-11-30.sqlite',
            restored: [{ run: first!.id, name: first!.name, from: 'record', state: 'finished' }],
            left: [],
          };
        },
      },
    });
    const { page, bridge } = window;
    await window.visit('Runs');
    const failure = page.getByRole('alert').getByText(message);
    await failure.waitFor();
    await window.picture('runs-damaged');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Repair the store' }).click();
    await page
      .getByText('Restored 1 run. The damaged store was kept as /home/decant-set-aside-2026-11-30.sqlite.')
      .waitFor();
    expect(bridge.countAsked('engine.restart')).toBe(1);
    await page.getByRole('row').nth(1).waitFor();
    expect(await failure.count()).toBe(0);
    await window.close();
  });

  it('says why runs cannot be listed, and fits a small window', async () => {
    const window = await open({
      width: 1024,
      height: 640,
      script: {
        'runs.list': ({ limit }) => {
          if (limit === 100) throw new ScriptedFailure('store.busy', 'Another process has locked the store.');
          return { total: 0, rows: [] };
        },
      },
    });
    await window.visit('Runs');
    await window.page.getByText('Could not load the runs').waitFor();
    await window.picture('runs-failed');
    await window.close();
  });
});
