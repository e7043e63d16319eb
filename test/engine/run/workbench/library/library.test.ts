import { existsSync, readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRunId, type DatasetId, type RunId } from '../../../../../electron/engine/core/ids.ts';
import { inspect } from '../../../../../electron/engine/run/begin/inspect.ts';
import { openWorkbench } from '../../../../../electron/engine/run/workbench/workbench.ts';
import * as store from '../../../../../electron/engine/store/index.ts';
import { datasetDetailSchema } from '../../../../../shared/ipc/topics/datasets.ts';
import type { RunEvent } from '../../../../../shared/run/events.ts';
import { recipeSchema } from '../../../../../shared/run/recipe.ts';
import { listImages, makeFolder, makePng, makeTree, makeZip } from '../../../data/make-images.ts';

const signal = new AbortController().signal;
const quiet = () => undefined;
const watched = { listener: quiet, signal };

/** A library on a new home, or on one that there is. */
async function open(home = makeFolder()) {
  const opened = store.openStore(home);
  const workbench = openWorkbench(opened);
  const close = async () => {
    await workbench.close();
    opened.close();
  };
  onTestFinished(() => (opened.db.open ? close() : undefined));
  return { home, store: opened, library: await workbench.library(), close };
}

function addRun({ store: { db } }: Awaited<ReturnType<typeof open>>, dataset: string): RunId {
  const id = createRunId(1000, () => 0.5);
  store.insertRun(db, { id, dataset: dataset as DatasetId, recipe: recipeSchema.parse({}) }, 1000); // As it was given.
  return id;
}

const SPLIT = { ...listImages({ cats: 30, dogs: 22 }, 'train/'), ...listImages({ cats: 6, dogs: 5 }, 'test/') };

describe('a dataset that is added', () => {
  it('is told of as inspect has it, with samples of each class, and again without its files', async () => {
    const path = await makeTree({ ...SPLIT, 'train/cats/broken.jpg': 'no image' });
    const { library, home, close } = await open();
    const events: RunEvent[] = [];
    const added = await library.add(path, { listener: (event) => events.push(event), signal });
    expect(datasetDetailSchema.parse(added)).toEqual(added);
    expect(added).toMatchObject({
      path,
      kind: 'folder',
      sample: false,
      classes: 2,
      images: 63, // One cannot be read.
      missing: false,
      runs: 0,
    });
    expect(added.inspection).toEqual(await inspect({ path, listener: quiet, signal }));
    const stages = events.flatMap((event) => (event.type === 'run.progressed' ? [event.stage] : []));
    expect(new Set(stages)).toEqual(new Set(['read', 'inspect']));

    for (const [label, { name, images }] of added.samples.entries()) {
      expect(name).toBe(['cats', 'dogs'][label]);
      expect(new Set(images).size).toBe(8);
      const { images: known } = await library.images(added.id, { label, offset: 0, limit: 500 });
      const paths = images.map((index) => known.find((image) => image.index === index)?.path);
      expect(paths).not.toContain(undefined);
      expect(paths).not.toContain('train/cats/broken.jpg');
    }

    await close();
    await rm(path, { recursive: true });
    const later = await open(home);
    expect(await later.library.show(added.id)).toEqual({ ...added, missing: true });
    const { inspection: _inspection, samples: _samples, ...summary } = added;
    expect(later.library.list()).toEqual([{ ...summary, missing: true }]);
  });

  it('keeps its id as long as its files are the same, and is replaced when they change', async () => {
    const path = await makeTree(SPLIT);
    const { library } = await open();
    const first = await library.add(path, watched);
    expect((await library.add(path, watched)).id).toBe(first.id);
    expect(library.list()).toHaveLength(1);

    await writeFile(join(path, 'train/cats/new.png'), await makePng(4711));
    const second = await library.refresh(first.id, watched);
    expect(second.id).not.toBe(first.id);
    expect(second.images).toBe(first.images + 1);
    // Nobody needs what it was before.
    expect(library.list().map(({ id }) => id)).toEqual([second.id]);
    await expect(library.show(first.id)).rejects.toMatchObject({ code: 'dataset.unknown' });
  });

  it('stays known as it was where runs are of it', async () => {
    const path = await makeTree(SPLIT);
    const opened = await open();
    const first = await opened.library.add(path, watched);
    addRun(opened, first.id);
    await writeFile(join(path, 'train/cats/new.png'), await makePng(4711));
    const second = await opened.library.refresh(first.id, watched);
    const runs = Object.fromEntries(opened.library.list().map((row) => [row.id, row.runs]));
    expect(runs).toEqual({ [first.id]: 1, [second.id]: 0 });
    // Its images are not those that it had.
    for (const work of [
      opened.library.thumbnail(first.id, 0, 32),
      opened.library.images(first.id, { label: null, offset: 0, limit: 1 }),
    ])
      await expect(work).rejects.toMatchObject({
        code: 'dataset.changed',
        message: expect.stringMatching(/read it again/),
      });
  });

  it('is the same in a zip and in a folder, its place excepted', async () => {
    const { library } = await open();
    const folder = await library.add(await makeTree(SPLIT), watched);
    const zip = await library.add(await makeZip(SPLIT), watched);
    expect(zip).toEqual({
      ...folder,
      id: zip.id,
      name: 'set',
      path: zip.path,
      kind: 'zip',
      seenAt: zip.seenAt,
      inspection: { ...folder.inspection, name: 'set' },
    });
    for (const index of [0, 17, 62])
      expect(await library.thumbnail(zip.id, index, 64)).toEqual(await library.thumbnail(folder.id, index, 64));
  });

  it('of a run that the command line made is read when it is first asked for', async () => {
    const path = await makeTree(SPLIT);
    const opened = await open();
    const { id, inspection, samples } = await opened.library.add(path, watched);
    addRun(opened, id);
    opened.store.db.exec('DELETE FROM inspections');
    expect(opened.library.list()).toMatchObject([{ id, kind: 'folder', classes: 2, images: 63 }]);
    expect(await opened.library.thumbnail(id, 3, 16)).toBeInstanceOf(Uint8Array);
    expect(await opened.library.show(id)).toMatchObject({ id, inspection, samples });
    expect(opened.store.db.prepare('SELECT count(*) FROM inspections').pluck().get()).toBe(1);
  });
});

describe('what is no dataset', () => {
  it.each<[string, () => string | Promise<string>, string, RegExp]>([
    ['a path that is not there', () => '/no/such/place', 'dataset.missing', /does not exist; give a folder or a \.zip/],
    [
      'a file that is no zip',
      () => touch('notes.txt', 'hello'),
      'dataset.layout',
      /give a folder with a folder of images/,
    ],
    ['a text called .zip', () => touch('fake.zip', 'hello'), 'dataset.layout', /fake\.zip/],
    ['a folder without images', () => makeTree({ 'a/readme.txt': 'x' }), 'dataset.layout', /a folder for each class/],
    ['one class', () => makeTree(listImages({ cats: 3 })), 'dataset.classes', /class/],
  ])('%s: one sentence, and nothing is known after it', async (_name, make, code, text) => {
    const { library } = await open();
    const refused = library.add(await make(), watched);
    await expect(refused).rejects.toMatchObject({ code, status: 2, message: expect.stringMatching(text) });
    expect(library.list()).toEqual([]);
  });

  it('or is given up half-way leaves nothing', async () => {
    const { library } = await open();
    const stop = new AbortController();
    const listener = (event: RunEvent) => {
      if (event.type === 'run.progressed' && event.stage === 'inspect') stop.abort(new Error('enough'));
    };
    await expect(library.add(await makeTree(SPLIT), { listener, signal: stop.signal })).rejects.toThrow('enough');
    expect(library.list()).toEqual([]);
  });
});

describe('forgetting', () => {
  it('takes a dataset out and leaves its files', async () => {
    const { library } = await open();
    const { id, path } = await library.add(await makeTree(SPLIT), watched);
    await library.thumbnail(id, 0, 32);
    library.forget(id);
    expect(library.list()).toEqual([]);
    expect(existsSync(join(path, 'train/cats/0.png'))).toBe(true);
    await expect(library.thumbnail(id, 1, 32)).rejects.toMatchObject({ code: 'dataset.unknown' });
    expect(() => library.forget(id)).toThrow(expect.objectContaining({ code: 'dataset.unknown' }));
  });

  it('is refused while a run is of it', async () => {
    const opened = await open();
    const { id } = await opened.library.add(await makeTree(SPLIT), watched);
    const run = addRun(opened, id);
    expect(() => opened.library.forget(id)).toThrow(
      expect.objectContaining({
        code: 'dataset.used',
        message: expect.stringMatching(/needed by a run; delete it first/),
      }),
    );
    await store.deleteRun(opened.store, run);
    opened.library.forget(id);
  });

  it('does not happen because a run turned out to have bad input', async () => {
    const opened = await open();
    const { id } = await opened.library.add(await makeTree(SPLIT), watched);
    await store.discardRun(opened.store, addRun(opened, id));
    expect(opened.library.list()).toMatchObject([{ id, runs: 0 }]);
  });
});

describe('pages of images', () => {
  it('have those without labels, which lists count by themselves', async () => {
    const { library } = await open();
    const files = { ...SPLIT, 'unlabelled/1.png': 901, 'unlabelled/2.png': 902, 'unlabelled/3.png': 903 };
    const { id, images, unlabelled } = await library.add(await makeTree(files), watched);
    expect({ images, unlabelled }).toEqual({ images: 63, unlabelled: 3 });
    expect(library.list()).toMatchObject([{ images: 63, unlabelled: 3 }]);
    const last = { index: 65, path: 'unlabelled/3.png', label: null, split: null };
    const page = await library.images(id, { label: 'unlabelled', offset: 2, limit: 5 });
    expect(page).toEqual({ total: 3, images: [last] });
    expect((await library.images(id, { label: null, offset: 64, limit: 5 })).images.at(-1)).toEqual(last);
    expect((await library.images(id, { label: 'unlabelled', offset: 9, limit: 5 })).images).toEqual([]);
    expect(await library.find(id, ['unlabelled/2.png', 'unlabelled/9.png'])).toEqual([64, null]);
    expect((await library.thumbnail(id, 65, 8)).length).toBeGreaterThan(100);
  });

  it('have all of a class, or of all, in the order of the dataset', async () => {
    const { library } = await open();
    const { id } = await library.add(await makeTree(SPLIT), watched);
    const all = await library.images(id, { label: null, offset: 0, limit: 500 });
    expect(all.total).toBe(63);
    expect(all.images.map(({ index }) => index)).toEqual([...Array(63).keys()]);
    for (const { path, label, split } of all.images)
      expect(path.startsWith(`${split}/${['cats', 'dogs'][label!]}/`)).toBe(true);
    const paged = [];
    for (let offset = 0; offset < 40; offset += 7)
      paged.push(...(await library.images(id, { label: 1, offset, limit: 7 })).images);
    expect(paged).toEqual(all.images.filter(({ label }) => label === 1));
    expect((await library.images(id, { label: 9, offset: 0, limit: 7 })).total).toBe(0);
  });
});

describe('thumbnails', () => {
  it('show the image of that index', async () => {
    const { library } = await open();
    const tree = listImages({ cats: 3, dogs: 3 });
    const { id } = await library.add(await makeZip(tree), watched);
    const { images } = await library.images(id, { label: null, offset: 0, limit: 9 });
    for (const { index, path } of images) {
      const { data, info } = await sharp(await library.thumbnail(id, index, 16))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([8, 8]);
      // The colour that makePng gives to a number.
      expect(Math.abs(data[0]! - (tree[path]! % 256))).toBeLessThan(8);
    }
  });

  it('come from memory the second time, and one at a time from disk', async () => {
    const path = await makeTree(SPLIT);
    const { library } = await open();
    const { id } = await library.add(path, watched);
    const first = await Promise.all([...Array(20).keys()].map((index) => library.thumbnail(id, index, 32)));
    await rm(path, { recursive: true });
    const second = await Promise.all([...Array(20).keys()].map((index) => library.thumbnail(id, index, 32)));
    expect(second).toEqual(first);
    await expect(library.thumbnail(id, 21, 32)).rejects.toMatchObject({ code: 'dataset.unreadable' });
  });

  it.skipIf(process.platform !== 'linux')('hold few archives open, and none after the end', async () => {
    const { library, close } = await open();
    const tree = listImages({ cats: 3, dogs: 3 });
    const ids = [];
    for (let i = 0; i < 8; i++) ids.push((await library.add(await makeZip(tree), watched)).id);
    const countOpen = () => {
      const files = readdirSync('/proc/self/fd').map((file) => {
        try {
          return readlinkSync(`/proc/self/fd/${file}`);
        } catch {
          return ''; // The one that read the folder.
        }
      });
      return files.filter((path) => path.endsWith('set.zip')).length;
    };
    expect(countOpen()).toBe(0);
    for (let round = 0; round < 2; round++) await Promise.all(ids.map((id) => library.thumbnail(id, round, 32)));
    expect(countOpen()).toBe(4);
    await close();
    expect(countOpen()).toBe(0);
  });

  it('of a dataset that has moved away say so, and come again when it is back', async () => {
    const path = await makeTree(SPLIT);
    const { library, close, home } = await open();
    const { id } = await library.add(path, watched);
    await close();
    const moved = `${path}-moved`;
    renameSync(path, moved);
    onTestFinished(() => rm(moved, { recursive: true, force: true }));
    const later = await open(home);
    await expect(later.library.thumbnail(id, 0, 32)).rejects.toMatchObject({
      code: 'dataset.missing',
      message: expect.stringMatching(/is no longer at .*; put it back/),
    });
    await cp(moved, path, { recursive: true });
    expect(await later.library.thumbnail(id, 0, 32)).toBeInstanceOf(Uint8Array);
    await expect(later.library.thumbnail(id, 63, 32)).rejects.toMatchObject({ code: 'image.unreadable' });
  });
});

function touch(name: string, content: string): string {
  const path = join(makeFolder(), name);
  writeFileSync(path, content);
  return path;
}

describe('a dataset that was moved', () => {
  it('is known at its new place by its runs, with the splits of its images', async () => {
    const path = await makeTree(SPLIT);
    const opened = await open();
    const { library } = opened;
    const { db } = opened.store;
    const old = await library.add(path, watched);
    const run = addRun(opened, old.id);
    const recipe = recipeSchema.parse({});
    const assignment = new Uint8Array(old.images);
    store.saveSplit(db, old.id as DatasetId, store.splitKey(recipe), assignment); // As it was given.
    const there = join(makeFolder(), 'elsewhere');
    renameSync(path, there);
    const { detail, runs } = await library.move(old.id, there, watched);
    expect(runs).toEqual([run]);
    expect(detail).toMatchObject({ path: there, name: 'elsewhere', runs: 1, missing: false });
    expect(detail.id).not.toBe(old.id);
    expect(store.findRun(db, run)).toMatchObject({ dataset: detail.id, datasetPath: there });
    expect(store.findSplit(db, detail.id as DatasetId, store.splitKey(recipe))).toEqual(Buffer.from(assignment));
    expect(library.list().map(({ id }) => id)).toEqual([detail.id]);
    expect(store.findLostRuns(opened.store)).toEqual([]);
  });

  it('is not taken for another, and nothing changes', async () => {
    const path = await makeTree(SPLIT);
    const opened = await open();
    const { library } = opened;
    const old = await library.add(path, watched);
    addRun(opened, old.id);
    const other = await makeTree({ ...SPLIT, ...listImages({ cats: 1 }, 'train/more-') });
    await expect(library.move(old.id, other, watched)).rejects.toMatchObject({ code: 'dataset.changed' });
    expect(library.list().map(({ id, runs }) => [id, runs])).toEqual([[old.id, 1]]);
    await expect(library.move(old.id, join(path, 'nowhere'), watched)).rejects.toMatchObject({
      code: 'dataset.missing',
    });
    await expect(library.move('f'.repeat(16), path, watched)).rejects.toMatchObject({ code: 'dataset.unknown' });
  });

  it('waits for a run that is at work', async () => {
    const path = await makeTree(SPLIT);
    const opened = await open();
    const { library } = opened;
    const old = await library.add(path, watched);
    const lock = store.lockRun(opened.home, addRun(opened, old.id));
    const there = join(makeFolder(), 'elsewhere');
    renameSync(path, there);
    await expect(library.move(old.id, there, watched)).rejects.toMatchObject({ code: 'run.busy' });
    lock.release();
    expect((await library.move(old.id, there, watched)).runs).toHaveLength(1);
  });
});

it('images of a dataset are found by their paths', async () => {
  const { library } = await open();
  const { id } = await library.add(await makeTree(SPLIT), watched);
  const { images } = await library.images(id, { label: null, offset: 0, limit: 500 });
  const wanted = [images[7]!.path, 'no/such.png', images[0]!.path];
  expect(await library.find(id, wanted)).toEqual([images[7]!.index, null, images[0]!.index]);
});
