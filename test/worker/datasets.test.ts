import { rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../e2e/folders.ts';
import { listImages, makeTree, makeZip } from '../engine/data/make-images.ts';
import { EngineProcess } from './engine-process.ts';

const folder = makeTemporaryFolder('decant-worker-datasets-');
const engine = new EngineProcess(join(folder, 'home'));
afterAll(async () => {
  await engine.kill();
  rmSync(folder, { recursive: true, force: true });
});

const EVERYTHING = { model: 'student', label: null, guess: null, wrongOnly: false, offset: 0, limit: 9 };
const TREE = { ...listImages({ cats: 30, dogs: 30 }, 'train/'), ...listImages({ cats: 6, dogs: 6 }, 'test/') };

it('knows no dataset at first, one that is added, and none that is forgotten', async () => {
  expect(await engine.request('datasets.list', {})).toEqual([]);
  const added = await engine.request('datasets.add', { path: await makeZip(TREE), work: 'add-1' });
  expect(added).toMatchObject({ kind: 'zip', classes: 2, images: 72, runs: 0, missing: false });
  await engine.waitFor('work.progressed', (event) => event.work === 'add-1' && event.done === event.total);
  expect(await engine.request('datasets.show', { dataset: added.id })).toEqual(added);
  expect(await engine.request('datasets.list', {})).toMatchObject([{ id: added.id }]);

  const page = await engine.request('datasets.images', { dataset: added.id, label: 1, offset: 3, limit: 2 });
  expect(page).toMatchObject({ total: 36, images: [{ label: 1 }, { label: 1 }] });
  const [image] = page.images;
  const { bytes, type } = await engine.request('images.thumbnail', {
    dataset: added.id,
    image: image!.index,
    size: 64,
  });
  expect(type).toBe('image/jpeg');
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 8, height: 8 });

  const again = await engine.request('datasets.refresh', { dataset: added.id, work: 'add-2' });
  expect(again.id).toBe(added.id);
  expect(await engine.request('datasets.forget', { dataset: added.id })).toEqual({});
  expect(await engine.request('datasets.list', {})).toEqual([]);
});

describe('asks that come to nothing', () => {
  it.each<[string, string, unknown, string]>([
    ['a path as id', 'images.thumbnail', { dataset: '../../etc/passwd', image: 0, size: 64 }, 'ipc.invalid'],
    [
      'a path beside the id',
      'images.thumbnail',
      { dataset: '0'.repeat(16), image: 0, size: 64, path: '/' },
      'ipc.invalid',
    ],
    ['a negative image', 'images.thumbnail', { dataset: '0'.repeat(16), image: -1, size: 64 }, 'ipc.invalid'],
    ['a huge thumbnail', 'images.thumbnail', { dataset: '0'.repeat(16), image: 0, size: 5000 }, 'ipc.invalid'],
    ['an unknown id', 'images.thumbnail', { dataset: '0'.repeat(16), image: 0, size: 64 }, 'dataset.unknown'],
    ['an unknown dataset', 'datasets.show', { dataset: '0'.repeat(16) }, 'dataset.unknown'],
    ['a path that is not there', 'datasets.add', { path: '/no/such', work: 'w' }, 'dataset.missing'],
    ['an unknown run', 'compare.predictions', { run: '0'.repeat(14), ...EVERYTHING }, 'run.unknown'],
    ['an unknown run', 'compare.attention', { run: '0'.repeat(14), image: 0 }, 'run.unknown'],
    ['an unknown run', 'classify.image', { run: '0'.repeat(14), bytes: new Uint8Array(9) }, 'run.unknown'],
  ])('%s: %s', async (_what, name, params, code) => {
    const { code: told, message } = await engine.refusal(name, params);
    expect(told).toBe(code);
    expect(message).not.toContain('\n');
  });

  it('a dataset whose reading is cancelled is not known', async () => {
    const path = await makeTree(listImages({ cats: 400, dogs: 400 }));
    const refused = engine.refusal('datasets.add', { path, work: 'cancelled' });
    await engine.waitFor('work.progressed', ({ work }) => work === 'cancelled');
    await engine.request('work.cancel', { work: 'cancelled' });
    expect(await refused).toMatchObject({ code: 'work.cancelled' });
    expect(await engine.request('datasets.list', {})).toEqual([]);
  });
});

it('said nothing to stderr', () => expect(engine.complaints).toBe(''));
