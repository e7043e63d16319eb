/** What a user must never lose: a run survives the death of the engine and of the whole app. */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { askValue, type DesktopApp, drop, findDesktop, makeSandbox } from '../../helpers/desktop-app.ts';

const MINUTE = 60_000;

/** Long enough to be killed in, short enough to be waited for. */
const RECIPE = recipeSchema.parse({
  data: { inputSize: 32, limit: 160 },
  train: { batch: 16, teacherEpochs: 6, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1, baseline: false },
  prune: { steps: 1 },
  measure: { latencyRuns: 10, ckaImages: 32 },
});

const desktop = await findDesktop();
if ('missing' in desktop) console.warn(`Recovery is not tried. ${desktop.missing}`);

describe.skipIf('missing' in desktop)('a run', { timeout: 6 * MINUTE }, () => {
  const sandbox = makeSandbox();
  let running: DesktopApp | null = null;
  let run = '';

  afterAll(async () => {
    await running?.quit();
    if (!('missing' in desktop)) desktop.stop();
    sandbox.remove();
  });

  const start = async (): Promise<DesktopApp> => {
    if ('missing' in desktop) throw new Error('Skipped without a desktop.');
    running = await desktop.start(sandbox);
    return running;
  };
  /** Processes of this sandbox's engine. */
  const findEngines = (): number[] => {
    const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
    return all
      .split('\n')
      .filter((line) => line.includes('worker/index.js') && line.includes(sandbox.home))
      .map((line) => Number.parseInt(line, 10));
  };
  const state = async (app: DesktopApp) => (await askValue(app.page, 'runs.show', { run })).row;
  const trainsFor = async (app: DesktopApp, epochs: number) =>
    expect
      .poll(async () => (await askValue(app.page, 'runs.history', { run })).epochs.length, {
        timeout: 2 * MINUTE,
        interval: 250,
      })
      .toBeGreaterThanOrEqual(epochs);

  it('goes on by itself when its engine is killed, and the window says so', async () => {
    const app = await start();
    const dataset = await askValue(app.page, 'datasets.draw', { work: 'draw' });
    const row = await askValue(app.page, 'runs.start', { dataset: dataset.id, recipe: RECIPE, name: 'killed' });
    run = row.id;
    await trainsFor(app, 1);
    const [engine] = findEngines();
    if (engine === undefined) throw new Error('There is no engine to kill.');
    process.kill(engine, 'SIGKILL');
    await expect
      .poll(() => findEngines().filter((pid) => pid !== engine).length, { timeout: MINUTE, interval: 250 })
      .toBe(1);
    await trainsFor(app, 3);
    expect((await state(app)).state).toBe('running');
  });

  it('is taken up where it was when the whole app is killed and started again', async () => {
    const app = running!; // The test before started it.
    const before = (await askValue(app.page, 'runs.history', { run })).epochs.length;
    app.app.process().kill('SIGKILL');
    running = null;
    // Nobody computes for a window that is gone.
    await expect.poll(findEngines, { timeout: MINUTE, interval: 250 }).toEqual([]);
    await sleep(500);
    const again = await start();
    expect((await askValue(again.page, 'runs.history', { run })).epochs.length).toBeGreaterThanOrEqual(before);
    await again.page.getByRole('heading', { name: 'killed', level: 1 }).waitFor();
    await expect.poll(async () => (await state(again)).state, { timeout: 4 * MINUTE, interval: 500 }).toBe('finished');
    const { detail } = await askValue(again.page, 'runs.show', { run });
    expect(detail.report?.timing.resumes).toBeGreaterThanOrEqual(2);
    expect(detail.report?.reduction.flopsVsBaseline).toBeGreaterThanOrEqual(0.4);
  });

  it('is not begun by a wrong drop: one sentence, and the window stays as it was', async () => {
    const app = running!; // The test before started it.
    const answer = await drop(app.page, `${sandbox.home}/decant.sqlite`);
    expect(answer).toMatchObject({ ok: false });
    if (!answer.ok) expect(answer.failure.message).toMatch(/^[^\n]{20,}$/);
    expect((await askValue(app.page, 'datasets.list', {})).length).toBe(1);
  });
});
