import { expect, it } from 'vitest';
import { describeRenderer } from './open-renderer.ts';
import { createDataset, DATASET_ID, SAMPLES, summarize } from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';

describeRenderer('Datasets', (open) => {
  it.each(['light', 'dark'] as const)(
    'shows what a dataset holds and what is wrong with it, in the %s theme',
    async (theme) => {
      const window = await open({ sample: SAMPLES.finished(), theme });
      const { page } = window;
      await window.picture(`datasets-list-${theme}`);
      await page.getByRole('table', { name: 'Datasets' }).getByText('flowers12').first().click();
      await page.getByRole('heading', { level: 1, name: 'flowers12' }).waitFor();
      await page.getByRole('grid', { name: 'Classes' }).getByRole('row', { name: 'daisy' }).click();
      await page.getByRole('button', { name: 'The same image in two splits' }).click();
      await page.getByText('train/tulip/tulip-0044.jpg').waitFor();
      await expect
        .poll(() => page.getByRole('list', { name: 'The same image in two splits' }).locator('img').count())
        .toBe(2);
      await window.picture(`datasets-page-${theme}`);
      expect(await window.findAccessibilityFaults()).toEqual([]);
      expect(window.bridge.asked.find(({ name }) => name === 'datasets.images')?.params).toMatchObject({
        label: 0,
        offset: 0,
      });
      await window.close();
    },
  );

  it('teaches what belongs here where there is nothing, and draws pictures on request', async () => {
    const window = await open({ sample: SAMPLES.empty() });
    await window.page.getByText('Drop a folder of labelled images').waitFor();
    const pictures = window.page.getByRole('region', { name: 'What Decant does' }).getByRole('listitem');
    expect(await pictures.count()).toBe(4);
    await window.picture('datasets-empty');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    window.bridge.answer('datasets.show', () => createDataset({ name: 'Drawn shapes', sample: true }));
    await window.page.getByRole('button', { name: 'Try a sample dataset' }).click();
    await window.page.getByRole('heading', { level: 1, name: 'Drawn shapes' }).waitFor();
    await window.close();
  });

  it.each([
    ['Datasets', 'Compare', 'Top-1 vs FLOPs'],
    ['Runs', 'Runs', 'Curves'],
    ['Compare', 'Compare', 'Top-1 vs FLOPs'],
    ['Try', 'Try', null],
    ['Export', 'Export', null],
  ] as const)('opens the finished sample from %s before anything was trained', async (place, leadsTo, heading) => {
    const window = await open({ sample: SAMPLES.empty() });
    const { page } = window;
    await window.visit(place);
    await page.getByRole('button', { name: 'Explore a finished sample' }).click();
    await window.waitForPlace(leadsTo);
    if (heading !== null) await page.getByRole('heading', { name: heading }).first().waitFor();
    await page.getByText('Sample: drawn pictures').first().waitFor();
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('finds one of a thousand classes, and scrolls no more than what is in sight', async () => {
    const window = await open({ sample: SAMPLES.manyClasses(), width: 1024, height: 640 });
    await window.page.getByRole('table', { name: 'Datasets' }).getByRole('row').nth(1).click();
    const grid = window.page.getByRole('grid', { name: 'Classes' });
    await grid.waitFor();
    expect(await grid.getByRole('row').count()).toBeLessThan(60);
    await window.page.getByRole('searchbox', { name: 'Find a class' }).fill('species 0777');
    await expect.poll(() => grid.getByRole('row').count()).toBe(2);
    await window.picture('datasets-thousand-classes');
    await window.close();
  });

  it('asks where a moved dataset is, and goes on with it there', async () => {
    const sample = SAMPLES.finished();
    const moved = createDataset({ id: 'abcdef0123456789', path: '/media/disk/flowers12' });
    const window = await open({
      sample,
      script: {
        'datasets.show': ({ dataset }) => (dataset === moved.id ? moved : createDataset({ missing: true })),
        'datasets.locate': () => moved,
      },
    });
    const { page } = window;
    await page.getByRole('table', { name: 'Datasets' }).getByText('flowers12').first().click();
    await page.getByText('not found').waitFor();
    await window.picture('datasets-moved');
    await page.getByRole('button', { name: 'Locate…' }).click();
    await page.getByText('/media/disk/flowers12').waitFor();
    await page.getByText('flowers12 is known at its new place.').waitFor();
    expect(await page.getByRole('button', { name: 'Locate…' }).count()).toBe(0);
    expect(window.bridge.asked.find(({ name }) => name === 'datasets.locate')?.params).toMatchObject({
      dataset: DATASET_ID,
      kind: 'folder',
    });
    await window.close();
  });

  it('says why a dataset cannot be shown, and tries again', async () => {
    const window = await open({
      sample: SAMPLES.finished(),
      script: {
        'datasets.show': () => {
          throw new ScriptedFailure('dataset.missing', 'There is nothing at /media/stick/flowers12; plug it in.');
        },
      },
    });
    await window.page.getByRole('table', { name: 'Datasets' }).getByText('flowers12').first().click();
    await window.page.getByText('There is nothing at /media/stick/flowers12; plug it in.').waitFor();
    await window.picture('datasets-failed');
    window.bridge.answer('datasets.show', () => createDataset());
    await window.page.getByRole('button', { name: 'Try again' }).click();
    await window.page.getByRole('grid', { name: 'Classes' }).waitFor();
    await window.close();
  });

  it('reads again, and follows a dataset whose files have changed', async () => {
    const changed = createDataset({ id: 'c0ffee0000000012', name: 'flowers12', unlabelled: 4812 });
    const { leaks } = changed.inspection;
    changed.inspection.unlabelled = { ...changed.inspection.unlabelled, repeated: 31, leaks };
    let refreshed = false;
    const sample = SAMPLES.finished();
    const unsorted = createDataset({ id: 'c0ffee0000000013', name: 'camera', classes: 0, unlabelled: 4812 });
    const window = await open({
      sample: { ...sample, datasets: [...sample.datasets, changed, unsorted] },
      script: {
        'datasets.refresh': () => {
          refreshed = true;
          return changed;
        },
        'datasets.show': ({ dataset }) => (dataset === DATASET_ID ? createDataset() : changed),
        'datasets.list': () => [summarize(refreshed ? changed : createDataset())],
      },
    });
    await window.page.getByRole('table', { name: 'Datasets' }).getByText('flowers12').first().click();
    await window.page.getByRole('button', { name: 'Reload' }).click();
    await window.page.getByText(/The files have changed/).waitFor();
    await expect
      .poll(() => window.bridge.asked.filter(({ name }) => name === 'datasets.show').at(-1)?.params)
      .toEqual({
        dataset: changed.id,
      });
    // Images without labels have come, and lie in a section of their own.
    const { page } = window;
    await page.getByRole('heading', { name: 'Unlabelled images' }).waitFor();
    await page.getByText(/^4.812 readable images, 31 of them copies of others/).waitFor();
    await page.getByRole('button', { name: 'Validation or test images among the unlabelled ones' }).click();
    await page.getByRole('button', { name: 'Show images' }).click();
    await page.getByTitle('unlabelled/IMG_4000.jpg').first().waitFor();
    await window.picture('datasets-unlabelled');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.visit('Datasets');
    await page.getByRole('columnheader', { name: 'Unlabelled' }).waitFor();
    await window.picture('datasets-list-unlabelled');
    window.bridge.answer('datasets.show', () => unsorted);
    await page.getByRole('table', { name: 'Datasets' }).getByText('flowers12').first().click();
    await page.getByText(/These images have no labels/).waitFor();
    expect(await page.getByRole('grid', { name: 'Classes' }).count()).toBe(0);
    await window.picture('datasets-without-classes');
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });
});
