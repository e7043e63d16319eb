import { expect, it } from 'vitest';
import { CHOSEN_RATES, type Recipe, recipeSchema } from '../../shared/run/recipe.ts';
import { listRecipeKeys, type RecipeShape } from '../../shared/run/recipe-guide.ts';
import { ELSEWHERE, groupSettings, isIdle } from '../../shared/run/settings/setting-titles.ts';
import { describeRenderer, type OpenedRenderer } from './open-renderer.ts';
import { answerFrom, SAMPLES } from './samples.ts';

const started = ({ bridge }: OpenedRenderer): Recipe | undefined =>
  // What the contract's schema has let through.
  (bridge.asked.find(({ name }) => name === 'runs.start')?.params as { recipe: Recipe } | undefined)?.recipe;

/** What the fields of settings cannot take, by the kind of their value; others take whatever can be entered. */
const WRONG: Partial<Record<RecipeShape['kind'], readonly string[]>> = {
  integer: ['many', '1.5'],
  number: ['much'],
  strides: ['3, x'],
  pairs: ['block12/add'],
};

describeRenderer('New run', (open) => {
  it.each(['light', 'dark'] as const)('asks for little and says what comes out, in the %s theme', async (theme) => {
    const window = await open({ sample: SAMPLES.finished(), theme });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    await page.getByText('about 10 min 31 s', { exact: true }).waitFor(); // Nobody asked for it.
    await page.getByText('30 + 20 epochs, about 10 min 31 s').waitFor();
    await window.picture(`new-run-${theme}`);
    await page.getByRole('button', { name: 'Learning from the teacher’s answers' }).click();
    await page.getByLabel('Teacher’s answers: temperature').scrollIntoViewIfNeeded();
    await window.picture(`new-run-settings-${theme}`);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('starts what was chosen: effort, bounds, a teacher of an earlier run, a single setting', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    await page.getByText('Best', { exact: true }).click();
    await page.getByText('Earlier run', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Run', exact: true }).selectOption({ index: 1 });
    const slider = page.getByRole('slider', { name: 'FLOPs' });
    await slider.focus();
    await slider.press('ArrowRight');
    await page.getByRole('searchbox', { name: 'Find a setting' }).fill('temperature');
    await page.getByLabel('Teacher’s answers: temperature').fill('2');
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => started(window)).toBeDefined();
    const recipe = started(window)!; // Polled for just before.
    expect(recipe.prune.macs).toBeCloseTo(0.55);
    expect(recipe.prune.steps).toBe(8);
    expect(recipe.distill.logits.temperature).toBe(2);
    expect(recipe.teacher.weights).toMatch(/^run:/);
    await window.close();
  });

  it.each([
    ['light', 1280],
    ['dark', 1024],
  ] as const)('proposes to learn from images without labels, in the %s theme', async (theme, width) => {
    const sample = SAMPLES.finished();
    const answers = answerFrom(sample);
    const images = { train: 480, validation: 72, test: 240, unlabelled: 4280 };
    const window = await open({
      sample,
      theme,
      width,
      height: width === 1024 ? 640 : 800,
      script: { 'runs.plan': async (asked) => ({ ...(await answers['runs.plan']!(asked)), images }) },
    });
    const { page } = window;
    await window.visit('New run');
    await page.getByText(/^The networks can learn from 4.280 images without labels, too/).waitFor();
    await window.picture(`new-run-few-labels-${theme}`);
    await page.getByRole('button', { name: 'Use “Few labels”' }).click();
    await page.getByText('Both networks learn from all images without labels first').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Use “Few labels”' }).count()).toBe(0);
    await page.getByRole('radiogroup', { name: 'Effort' }).scrollIntoViewIfNeeded();
    await window.picture(`new-run-few-labels-chosen-${theme}`);
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => started(window)?.pretrain.student).toBe('embeddings');
    expect(started(window)).toMatchObject({ distill: { unlabelled: { weight: 1, share: 4 } } });
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('lets networks compete in place of cuts, and takes that back', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    const stops = page.getByRole('checkbox', { name: 'Cut no further once it costs a trained student this accuracy' });
    const competes = page.getByRole('checkbox', { name: /^Let networks within the limits compete/ });
    await stops.check();
    await competes.check();
    expect(await stops.isChecked()).toBe(false);
    expect(await stops.isDisabled()).toBe(true);
    await page.getByRole('button', { name: /^Search/ }).click();
    await page.getByRole('textbox', { name: 'Networks in a round' }).scrollIntoViewIfNeeded();
    await window.picture('new-run-search');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => started(window)?.search.epochs).toBeGreaterThan(0);
    expect(started(window)!.goal.stopCutting).toBe(false);
    await window.close();
  });

  it('says which learning rate imported weights get, and lets another be set', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    await page.getByText('Earlier run', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Run', exact: true }).selectOption({ index: 1 });
    const { imported } = CHOSEN_RATES.sgd;
    await page.getByText(`with a learning rate of at most ${imported} for a batch of 128.`).waitFor();
    await window.picture('new-run-imported');
    await page.getByRole('button', { name: /^Training/ }).click();
    const field = page.getByRole('textbox', { name: 'Learning rate' });
    await field.scrollIntoViewIfNeeded();
    await page.getByText(`${imported} for the teacher, whose weights are imported, and 0.2 for the student`).waitFor();
    await window.picture('new-run-learning-rate');
    await field.fill('0.1');
    await page.getByText('with a learning rate of at most 0.1 for a batch of 128.').waitFor();
    expect(await page.getByText('whose weights are imported').count()).toBe(0);
    await page.getByRole('button', { name: 'Default: chosen by Decant' }).click();
    await page.getByText('whose weights are imported').waitFor();
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('offers the teacher’s classifier, says what it costs, and where it contradicts another setting', async () => {
    const reuse =
      'Projector and the teacher’s classifier stay in the student: 22.27 M of the full student’s 204.7 M FLOPs.';
    const message = '"student.head" is "teacher", but "distill.simkd.weight" is 0.';
    const sample = SAMPLES.finished();
    const window = await open({
      sample,
      script: {
        'runs.plan': async (asked) => {
          const { student, distill } = recipeSchema.parse(asked.recipe);
          const plan = await answerFrom(sample)['runs.plan']!(asked); // Every sample has one.
          if (student.head === 'own') return plan;
          if (distill.simkd.weight > 0) return { ...plan, reuse };
          return {
            ...plan,
            networks: null,
            reuse,
            problems: [{ keys: ['student.head', 'distill.simkd.weight'], message }],
          };
        },
      },
    });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    expect(await page.getByText('Projector and').count()).toBe(0);
    await page.getByRole('searchbox', { name: 'Find a setting' }).fill('classifier');
    const field = page.getByRole('combobox', { name: 'Classifier of the student' });
    await field.selectOption('teacher');
    await page.getByText(message).first().waitFor();
    await field.scrollIntoViewIfNeeded();
    await window.picture('new-run-classifier');
    await page.getByLabel('Teacher’s classifier reused: weight').fill('1');
    await page.getByText(reuse).waitFor();
    await window.picture('new-run-classifier-cost');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('shows settings in words, and takes them as JSON', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    await page.getByRole('button', { name: 'Pruning' }).click();
    const scored = page.getByRole('combobox', { name: 'How channels are scored' });
    await scored.selectOption('FPGM: distance from the median');
    await page.getByText('Default: Taylor: effect on the loss').waitFor();
    await scored.scrollIntoViewIfNeeded();
    await window.picture('new-run-words');
    await page.getByRole('radiogroup', { name: 'How settings are shown' }).getByText('JSON').click();
    const json = page.getByRole('textbox', { name: 'Settings as JSON' });
    expect(JSON.parse(await json.inputValue())).toMatchObject({ prune: { importance: 'fpgm' } });

    await json.fill('{"prune": {"importance": "tailor"');
    await json.blur();
    await page
      .getByText(/JSON:1:\d+: /)
      .first()
      .waitFor();
    expect(await page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
    await json.fill('{"prune": {"importance": "tailor"}}');
    await json.blur();
    await page.getByText('"prune.importance" is "tailor"; allowed: ').first().waitFor();
    await json.scrollIntoViewIfNeeded();
    await window.picture('new-run-json');
    await json.fill('{"prune": {"importance": "l1"}, "seed": 5}');
    await json.blur();
    await expect.poll(() => page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(false);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => started(window)).toMatchObject({ seed: 5, prune: { importance: 'l1' } });
    await window.close();
  });

  it('explains a contradiction at its field, and does not start', async () => {
    const message = '"train.teacherEpochs" is 0 and "teacher.weights" is null, so the teacher would know nothing.';
    const window = await open({
      sample: SAMPLES.finished(),
      script: {
        'runs.plan': () => ({
          networks: null,
          problems: [{ keys: ['train.teacherEpochs', 'teacher.weights'], message }],
          images: null,
          answers: null,
          latency: null,
          balanceAdvice: null,
          reuse: null,
          time: null,
        }),
      },
    });
    const { page } = window;
    await window.visit('New run');
    await page.getByText(message).first().waitFor();
    expect(await page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: /^Teacher/ }).click();
    await window.picture('new-run-problem');
    expect(await page.getByText(message).count()).toBeGreaterThanOrEqual(3);
    await window.close();
  });

  it('does not start while any field holds what it cannot take, and says which', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    const start = page.getByRole('button', { name: 'Start' });
    const search = page.getByRole('searchbox', { name: 'Find a setting' });
    const obstacles = page.locator('section', { has: page.getByText('Fix these first') }).getByRole('listitem');
    const fields = listRecipeKeys().filter(
      ({ key, shape }) => WRONG[shape.kind] && !isIdle(key, recipeSchema.parse({})) && !ELSEWHERE.includes(key),
    );
    expect(fields.length).toBeGreaterThan(50);
    const titles = new Map(groupSettings(fields.map(({ key }) => key)).flatMap(({ settings }) => settings));
    for (const { key, shape } of fields) {
      const title = titles.get(key)!; // Of these keys.
      await search.fill(key);
      const control = page.locator('.disclosure').getByRole('textbox', { name: title, exact: true });
      const before = await control.inputValue();
      const tooFar = shape.min ? [String(shape.min.value - (shape.min.exclusive ? 0 : 1))] : [];
      for (const text of [...WRONG[shape.kind]!, ...tooFar]) {
        await control.fill(text);
        await control.blur();
        await obstacles.filter({ hasText: title }).waitFor();
        expect(await start.isDisabled(), `${key} = ${text}`).toBe(true);
      }
      await search.fill('augmentation'); // The field stays where it is seen.
      await control.fill(before);
      if (shape.kind === 'strides' || shape.kind === 'pairs') await control.blur(); // Lists are taken when they are left.
      await expect.poll(() => start.isEnabled(), { message: key }).toBe(true);
    }
    await search.fill('batch');
    await page.getByRole('textbox', { name: 'Batch (images)' }).fill('many');
    await window.picture('new-run-wrong-field');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  }, 300_000);

  it.each([
    ['Weights file', 'Choose the file with the weights.'],
    ['Earlier run', 'Choose the run whose teacher to use.'],
  ])('does not start from scratch while %s are asked for and not chosen', async (source, message) => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    await page.getByText(source, { exact: true }).click();
    await page.getByText(`Teacher: ${message}`).waitFor();
    const start = page.getByRole('button', { name: 'Start' });
    expect(await start.isDisabled()).toBe(true);
    await page.getByText('Train from scratch', { exact: true }).click();
    await expect.poll(() => start.isEnabled()).toBe(true);
    await window.close();
  });

  it('takes the weights of the catalogue that fit with one click', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    await page.getByText('ImageNet weights', { exact: true }).click();
    await page.getByText('Starts from the published weights').waitFor();
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => started(window)?.teacher.weights).toMatch(/^catalogue:/);
    await window.close();
  });

  it('does not time anything while a run is active, and says so', async () => {
    const window = await open({ sample: SAMPLES.running() });
    await window.visit('New run');
    await window.page.getByText('Not known yet: a run is active, and would distort the timing.').waitFor();
    expect(window.bridge.countAsked('runs.measure')).toBe(0);
    await window.close();
  });

  it('says what its percentages are of, where the full student computes more than the teacher', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('FLOPs vs teacher').waitFor();
    await page.getByText('The full student computes more per image than the teacher').waitFor();
    await page.getByRole('heading', { name: 'Goal' }).scrollIntoViewIfNeeded();
    await window.picture('new-run-target');
    await window.close();
  });

  it('takes a budget relative to the teacher, in FLOPs, and as the size of a file', async () => {
    const window = await open({ sample: SAMPLES.finished() });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('vs full student').waitFor();
    await page.getByRole('combobox', { name: 'Measure of FLOPs' }).selectOption('FLOPs per image');
    const flops = page.getByRole('textbox', { name: 'FLOPs', exact: true });
    expect(await flops.inputValue()).toBe('31.7');
    await flops.fill('400');
    await page.getByText('Enter 52.8 or less.').first().waitFor();
    expect(await page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
    await flops.fill('26.4');
    await page.getByRole('switch', { name: 'Limit Parameters' }).click();
    await page.getByRole('combobox', { name: 'Measure of Parameters' }).selectOption('size of the int8 file, about');
    await page.getByRole('textbox', { name: 'Parameters', exact: true }).fill('1.5');
    await page.getByRole('textbox', { name: 'Accuracy to keep' }).fill('95');
    await page.getByRole('heading', { name: 'Goal' }).scrollIntoViewIfNeeded();
    await page.getByText('With 240 test images, differences below about').waitFor();
    await window.picture('new-run-units');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => started(window)?.prune).toMatchObject({ macs: 0.5, parameters: 0.6431 });
    expect(started(window)?.goal.retention).toBe(0.95);
    await window.close();
  });

  it('offers to measure this computer, and then takes a goal in milliseconds', async () => {
    const sample = SAMPLES.finished();
    const table = { table: 'this-tflite-fp32', device: 'this', precision: 'fp32', medianError: 0.031, fullMs: 9.47 };
    let measured = false;
    let finish = () => {};
    const window = await open({
      sample,
      script: {
        async 'runs.plan'(asked) {
          const plan = await answerFrom(sample)['runs.plan']!(asked); // Every sample has one.
          const runtime = 'LiteRT 2.5.3, XNNPACK in WebAssembly, 1 thread';
          const tables = measured ? [{ ...table, runtime }] : [];
          const { latencyMs } = (asked.recipe as Recipe).prune; // The window asks for whole recipes.
          return { ...plan, latency: { tables, studentMs: latencyMs && 0.99 * latencyMs, measuringMs: 95_000 } };
        },
        async 'latency.measure'() {
          await new Promise<void>((resolve) => (finish = resolve));
          measured = true;
          return { table: table.table, pieces: 240, medianError: 0.031 };
        },
      },
    });
    const { page } = window;
    await window.visit('New run');
    await page.getByText('Measuring this computer takes about 1 min 35 s').waitFor();
    expect(await page.getByRole('switch', { name: 'Limit Latency' }).isDisabled()).toBe(true);
    await page.getByRole('heading', { name: 'Goal' }).scrollIntoViewIfNeeded();
    await window.picture('new-run-latency-none');
    await page.getByRole('button', { name: 'Measure this computer' }).click();
    await page.getByRole('button', { name: 'Cancel Measuring this computer' }).first().waitFor();
    await window.picture('new-run-latency-measuring');
    finish();
    await page.getByText('Half of the predictions are off by more than 3.1').waitFor();
    await page.getByRole('switch', { name: 'Limit Latency' }).click();
    const goal = page.getByRole('textbox', { name: 'Latency', exact: true });
    expect(await goal.inputValue()).toBe('5.68');
    await goal.fill('5');
    await page.getByText(/^about 4\.95.ms$/).waitFor();
    await page.getByRole('switch', { name: 'Limit FLOPs' }).click();
    await window.picture('new-run-latency');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Start' }).click();
    const asked = { macs: null, latencyMs: 5, latencyTable: 'this-tflite-fp32' };
    await expect.poll(() => started(window)?.prune).toMatchObject(asked);
    await window.close();
  });

  it('leads to a dataset where there is none', async () => {
    const window = await open({ sample: SAMPLES.empty() });
    await window.visit('New run');
    await window.page.getByText('A run needs a dataset').waitFor();
    await window.picture('new-run-empty');
    await window.close();
  });

  it('fits 1024 x 640 and 200 % of zoom', async () => {
    for (const zoom of [1, 2]) {
      const window = await open({ sample: SAMPLES.finished(), width: 1024, height: 640, zoom });
      await window.visit('New run');
      await window.page.getByRole('heading', { name: 'Goal' }).scrollIntoViewIfNeeded();
      const overflow = await window.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      // Too narrow for both: the form is what one came for.
      expect(await window.page.getByRole('complementary', { name: 'Inspector' }).count()).toBe(zoom === 1 ? 1 : 0);
      await window.picture(`new-run-small-${zoom}`);
      await window.close();
    }
  });
});
