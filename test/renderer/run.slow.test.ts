import { expect, it } from 'vitest';
import { z } from 'zod';
import type { AppRunState } from '../../shared/ipc/topics/runs.ts';
import { recipeSchema } from '../../shared/run/recipe.ts';
import { findBestCandidates } from '../../shared/run/search.ts';
import { createLabelFreeEpochs } from '../helpers/label-free-epochs.ts';
import { createMeasuredCut } from '../helpers/measured-cut.ts';
import { createSampleReport } from '../helpers/sample-report.ts';
import { createSampleSearch } from '../helpers/sample-search.ts';
import { describeRenderer, type OpenedRenderer } from './open-renderer.ts';
import {
  answerFrom,
  createHistory,
  createRow,
  createRun,
  createStatus,
  createSteps,
  SAMPLES,
  type Sample,
} from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';

/** Opens the page of a run from the list of runs. */
async function openRun(window: OpenedRenderer, name: string): Promise<void> {
  const { page } = window;
  await window.visit('Runs');
  await page.getByRole('grid', { name: 'Runs' }).getByText(name, { exact: true }).dblclick();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** The whole page at once, for the eye. */
async function pictureWhole(window: OpenedRenderer, name: string): Promise<void> {
  const before = window.page.viewportSize()!; // Every window is opened with one.
  const height = await window.page
    .locator('.content')
    .first()
    .evaluate((element) => element.scrollHeight);
  await window.page.setViewportSize({ width: before.width, height: height + 80 });
  await window.page.waitForTimeout(400);
  await window.picture(name);
  await window.page.setViewportSize(before);
}

const ACTIVE = '01run0000009';

describeRenderer('Run', (open) => {
  it.each(['light', 'dark'] as const)('shows a run at work in the %s theme, without a fault', async (theme) => {
    const window = await open({ sample: SAMPLES.running(), theme });
    const { page } = window;
    await openRun(window, 'flowers12 · best');
    await page.getByText('42 % · about 6 min left').waitFor();
    await page.getByRole('heading', { name: 'Loss terms: student' }).waitFor();
    await page.getByRole('img', { name: 'Training image 17' }).waitFor();
    await page.getByText('Loss 4.5').waitFor();
    await pictureWhole(window, `run-${theme}`);
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it.each(['light', 'dark'] as const)('shows the networks of a search, and the widths of one, in %s', async (theme) => {
    const search = createSampleSearch({ predicts: true });
    const history = { ...createHistory(), search };
    const window = await open({ sample: SAMPLES.running(), theme, script: { 'runs.history': () => history } });
    const { page } = window;
    await openRun(window, 'flowers12 · best');
    await page.getByRole('heading', { name: 'Search', exact: true }).waitFor();
    await page.getByText(`Network ${search.chosen! + 1} is the best within the budget`).waitFor();
    const table = page.getByRole('table', { name: 'Networks that no other beats' });
    const best = findBestCandidates(search, 'macs');
    await table.getByRole('row').nth(1).click();
    await page
      .getByText(`Channels of network ${best[0]! + 1}`)
      .first()
      .waitFor();
    await page.getByRole('radio', { name: 'Latency' }).check({ force: true });
    await page.getByText('Top-1 vs Latency').first().waitFor();
    await pictureWhole(window, `run-search-${theme}`);
    await page.setViewportSize({ width: 1024, height: 640 });
    await table.scrollIntoViewIfNeeded();
    await window.picture(`run-search-small-${theme}`);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it.each(['light', 'dark'] as const)('shows what embeddings are worth before labels, in %s', async (theme) => {
    const sample = SAMPLES.running();
    const history = createHistory();
    const epochs = [
      ...createLabelFreeEpochs('pretrain-teacher', 8),
      ...history.epochs.filter(({ stage }) => stage === 'teacher'),
      ...createLabelFreeEpochs('pretrain-student', 5),
    ];
    const steps = history.steps.map((step) => ({ ...step, stage: 'pretrain-student' as const }));
    const row = sample.rows.find(({ id }) => id === ACTIVE)!; // Every such sample has one at work.
    row.stage = 'pretrain-student';
    const answers = answerFrom(sample);
    const window = await open({
      sample,
      theme,
      script: {
        'runs.history': () => ({ ...history, epochs, cuts: [], steps }),
        'runs.show': async (asked) => {
          const shown = await answers['runs.show']!(asked); // Every sample has one.
          const recipe = recipeSchema.parse({ pretrain: { teacherEpochs: 8, studentEpochs: 10 } });
          return { ...shown, recipe };
        },
      },
    });
    const { page } = window;
    await openRun(window, 'flowers12 · best');
    await page.getByText('student, before labels').waitFor();
    await page.getByText(/^Linear probe: 65\.0/).waitFor();
    for (const name of ['Before labels: linear probe', 'Before labels: uniformity', 'Top-1 accuracy'])
      await page.getByRole('heading', { name }).waitFor();
    await pictureWhole(window, `run-before-labels-${theme}`);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('follows what the run tells, in its place', async () => {
    const window = await open({ sample: SAMPLES.running() });
    const { page, bridge } = window;
    await openRun(window, 'flowers12 · best');
    const stages = page.getByRole('list', { name: 'Stages' });
    await expect.poll(() => stages.locator('[aria-current=step]').innerText()).toMatch(/Prune/);
    // From the top of the page's content, however far it is scrolled.
    const top = () =>
      page.getByRole('heading', { name: 'Layer widths' }).evaluate((element) => {
        const content = document.querySelector('.content');
        return element.getBoundingClientRect().top - (content?.getBoundingClientRect().top ?? 0);
      });
    const before = await top();
    await bridge.tell({
      type: 'engine.changed',
      status: createStatus({ activeRun: ACTIVE, progress: 0.61, remainingMs: 45_000 }),
    });
    await page.getByText('61 % · less than a minute left').waitFor();
    await bridge.tell({ type: 'run.reshaped', run: ACTIVE, layers: [{ name: 'stem.conv', before: 32, now: 8 }] });
    await page.getByText('24 of 32 output channels removed up to now').waitFor();
    await bridge.tell({
      type: 'run.told',
      run: ACTIVE,
      at: '2026-11-23T15:00:00.000Z',
      event: { type: 'warning.raised', message: 'The disk is nearly full.' },
    });
    const log = page.getByRole('log', { name: 'Log' });
    await log.getByText('The disk is nearly full.').waitFor();
    await page.getByRole('radio', { name: 'Warnings and errors (2)' }).check({ force: true });
    expect(await log.getByRole('time').or(log.locator('time')).count()).toBe(2);
    await page.getByRole('button', { name: 'Copy log' }).click();
    await expect
      .poll(() => bridge.asked.findLast(({ name }) => name === 'text.copy')?.params)
      .toMatchObject({ text: expect.stringMatching(/^\S+ warning One image.*\n\S+ warning warning: The disk/) });
    expect(await top()).toBe(before);
    expect(await page.getByRole('heading', { name: 'Sensitivity' }).count()).toBe(0);
    await bridge.tell({
      type: 'run.told',
      run: ACTIVE,
      at: '2026-11-23T15:01:00.000Z',
      event: { type: 'cut.made', stage: 'prune', cut: createMeasuredCut() },
    });
    await page.getByText('stem is the most sensitive layer').waitFor();
    expect(await top()).toBe(before);
    await window.close();
  });

  it('pauses, resumes, and finishes early only after saying what that means', async () => {
    const window = await open({ sample: SAMPLES.running() });
    const { page, bridge } = window;
    await openRun(window, 'flowers12 · best');
    await page.keyboard.press('Control+p');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.getByText('Paused', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Finish early' }).click();
    const dialog = page.getByRole('dialog', { name: 'Finish early?' });
    await dialog.getByText(/cannot be resumed afterwards/).waitFor();
    await window.picture('run-finish-early');
    expect(bridge.countAsked('runs.finishEarly')).toBe(0);
    await dialog.getByRole('button', { name: 'Finish early' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(bridge.countAsked('runs.finishEarly')).toBe(1);
    await page.getByText(/^Training ends after the current step\./).waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('resume it to continue from its last checkpoint').waitFor();
    await window.close();
  });

  it('shows epochs that nothing judged without an accuracy', async () => {
    const history = createHistory();
    const epochs = history.epochs.map((epoch) => ({ ...epoch, validationTop1: null, validationLoss: null }));
    const script = { 'runs.history': () => ({ ...history, epochs }) };
    const window = await open({ sample: SAMPLES.running(), script });
    await openRun(window, 'flowers12 · best');
    const stat = window.page.getByText('Top-1, validation').locator('..');
    await expect.poll(() => stat.innerText()).toMatch(/–/);
    await window.close();
  });

  it('says of a finished run whether the teacher helped, where it was asked', async () => {
    const sample = SAMPLES.finished();
    const report = createSampleReport();
    const recipe = { ...report.recipe, train: { ...report.recipe.train, alone: true } };
    const row = sample.rows[0]!;
    const images = { both: 200, onlyTaught: 3, onlyAlone: 19, neither: 18 };
    const alone = { top1: 219 / 240, top5: 0.99, images };
    const epochs = report.history.flatMap((epoch) =>
      epoch.stage === 'baseline'
        ? [epoch, { ...epoch, stage: 'alone' as const, validationTop1: 0.95 * epoch.validationTop1! }] // It has one.
        : [epoch],
    );
    const script = {
      'runs.show': () =>
        createRun(row, { report: { ...report, recipe, baseline: { ...report.baseline, top1: 203 / 240 }, alone } }),
      'runs.history': () => ({ ...createHistory(), epochs }),
    };
    const window = await open({ sample, script });
    await openRun(window, row.name);
    const section = window.page.getByRole('region', { name: 'Did the teacher help?' });
    await section.getByText(/^Distillation hurt: the full student is 6\.7 points/).waitFor();
    await section.getByText(/try DIST \(distill\.dist\)/).waitFor();
    await pictureWhole(window, 'run-without-teacher');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('offers no early end before the student has trained', async () => {
    const sample = SAMPLES.running();
    sample.rows[0] = { ...sample.rows[0]!, stage: 'teacher' };
    const window = await open({ sample });
    await openRun(window, 'flowers12 · best');
    expect(await window.page.getByRole('button', { name: 'Finish early' }).isDisabled()).toBe(true);
    await window.close();
  });

  it('moves runs in the queue by keys and by dragging, and takes one out', async () => {
    const sample = SAMPLES.running();
    const window = await open({ sample });
    const { page, bridge } = window;
    const tellQueue = async () => {
      for (const row of sample.rows) if (row.state === 'queued') await bridge.tell({ type: 'run.changed', row });
    };
    await openRun(window, 'flowers12 · best');
    const queue = page.getByRole('list', { name: 'Queue' });
    await queue.getByRole('button', { name: /^Move flowers12 · V3-Small, position 2 of 2/ }).focus();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => bridge.countAsked('runs.move')).toBe(1);
    await tellQueue();
    await queue.getByRole('button', { name: /^Move flowers12 · V3-Small, position 1 of 2/ }).waitFor();

    const handle = queue.getByRole('button', { name: /^Move flowers12 · V3-Small/ });
    const box = (await handle.boundingBox())!; // It is in sight.
    await page.mouse.move(box.x + 8, box.y + 8);
    await page.mouse.down();
    await page.mouse.move(box.x + 8, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await expect
      .poll(() => bridge.asked.findLast(({ name }) => name === 'runs.move')?.params)
      .toMatchObject({ position: 2 });
    await tellQueue();
    await queue.getByRole('button', { name: /^Move flowers12 · V3-Small, position 2 of 2/ }).waitFor();

    await queue.getByRole('button', { name: 'Remove flowers12 · V3-Small from queue' }).click();
    await expect.poll(() => queue.getByRole('listitem').count()).toBe(1);
    await window.close();
  });

  it('says why a run failed, with the next step as a button', async () => {
    const window = await open({ sample: SAMPLES.running() });
    const { page } = window;
    await openRun(window, 'flowers12 · rate 2.0');
    await page
      .getByText(/The loss is not a finite number in epoch 3/)
      .first()
      .waitFor();
    await window.picture('run-failed');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Change settings and run again' }).click();
    await page.getByRole('heading', { level: 1, name: 'New run' }).waitFor();
    await window.close();
  });

  it('shows the headline numbers of a finished run, and what to do with it', async () => {
    const window = await open();
    const { page } = window;
    await openRun(window, 'flowers12 · balanced');
    await page.getByText('Retention').waitFor();
    await pictureWhole(window, 'run-finished');
    await page.getByRole('button', { name: 'Compare' }).last().click();
    await page.getByRole('heading', { name: 'Top-1 vs FLOPs' }).waitFor();
    await window.close();
  });

  it.each(['queued', 'paused', 'interrupted', 'stopped'] as const)(
    'shows a run that is %s',
    async (state: AppRunState) => {
      const row = createRow(5, { state, name: `run ${state}`, queuePosition: state === 'queued' ? 1 : null });
      const sample: Sample = { ...SAMPLES.finished(), rows: [row], steps: state === 'queued' ? 0 : 1000 };
      const window = await open({
        sample,
        ...(state === 'queued'
          ? {
              script: {
                'runs.history': () => ({ epochs: [], cuts: [], steps: [], layers: [], search: null, log: [] }),
              },
            }
          : {}),
      });
      await openRun(window, `run ${state}`);
      await window.page.getByRole('list', { name: 'Stages' }).waitFor();
      await window.picture(`run-${state}`);
      expect(await window.findAccessibilityFaults()).toEqual([]);
      await window.close();
    },
  );

  it('fits a small window and 200 % of zoom with a very long name', async () => {
    const name =
      'Blüten und Blätter 🌻🌼 漢字の長い名前 with many more words than any line of any window could ever hold';
    const sample = SAMPLES.running();
    sample.rows[0] = { ...sample.rows[0]!, name };
    for (const options of [
      { width: 1024, height: 640 },
      { width: 1280, height: 800, zoom: 2 },
    ]) {
      const window = await open({ sample, ...options });
      await openRun(window, name);
      expect(await window.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
        0,
      );
      await window.picture(`run-small-${options.width}`);
      await window.close();
    }
  });

  it('holds no more of a hundred thousand points than a screen can show', async () => {
    const window = await open({ sample: { ...SAMPLES.running(), steps: 20_000 } });
    const { page, bridge } = window;
    await openRun(window, 'flowers12 · best');
    await page.getByRole('heading', { name: 'Loss terms: student' }).waitFor();
    for (let first = 20_000; first < 100_000; first += 5_000)
      await bridge.tell({ type: 'run.stepped', run: ACTIVE, points: createSteps(5_000, first) });
    await page.getByRole('radio', { name: 'None' }).check({ force: true });
    const rate = page.getByRole('figure', { name: 'Learning rate: student' });
    const copy = async (): Promise<string[]> => {
      await rate.getByRole('button', { name: 'Copy chart' }).click();
      await page.getByRole('menuitem', { name: 'Copy as CSV' }).click();
      const asked = bridge.asked.findLast(({ name }) => name === 'text.copy');
      const { text } = z.object({ text: z.string() }).parse(asked?.params);
      return text.trim().split('\n').slice(1);
    };
    // Drawn at intervals.
    await expect.poll(async () => Number((await copy()).at(-1)?.split(',')[1])).toBeGreaterThan(990);
    const rows = await copy();
    expect(rows.length).toBeGreaterThan(9_000);
    expect(rows.length).toBeLessThanOrEqual(20_000);
    await window.picture('run-many-points');
    await window.close();
  }, 240_000);

  it('says why a run cannot be read, and tries again', async () => {
    const sample = SAMPLES.finished();
    const window = await open({
      sample,
      script: {
        'runs.history': () => {
          throw new ScriptedFailure('store.busy', 'Another process has locked the store; close it and try again.');
        },
      },
    });
    await openRun(window, 'flowers12 · balanced').catch(() => undefined);
    await window.page.getByText('Another process has locked the store; close it and try again.').waitFor();
    window.bridge.answer('runs.history', () => ({
      epochs: [],
      cuts: [],
      steps: [],
      layers: [],
      search: null,
      log: [],
    }));
    window.bridge.answer('runs.show', () => createRun(sample.rows[0]!));
    await window.page.getByRole('button', { name: 'Try again' }).click();
    await window.page.getByRole('list', { name: 'Stages' }).waitFor();
    await window.close();
  });
});
