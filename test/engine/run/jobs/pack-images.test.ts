import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BlobStore } from '../../../../electron/engine/blobs/index.ts';
import { drawDataset, openDataset } from '../../../../electron/engine/data/index.ts';
import { packImages, unpackImages } from '../../../../electron/engine/run/jobs/pack-images.ts';
import { putStored } from '../../../../electron/engine/run/jobs/stored-blobs.ts';
import { defineForm } from '../../../../shared/stored/form.ts';
import { IMAGES_FORM } from '../../../../shared/stored/job-forms.ts';
import { hashFiles, makeTemporaryFolder } from '../../../e2e/folders.ts';
import { packFolder } from '../../../helpers/pack-folder.ts';

const folder = makeTemporaryFolder('decant-pack-');
const pictures = join(folder, 'pictures');
const blobs = new BlobStore(join(folder, 'blobs'));
const watching = { listener: () => undefined, signal: new AbortController().signal };
beforeAll(() => drawDataset(pictures, { classes: 2, trainPerClass: 3, testPerClass: 2, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of the pictures, without what their drawing notes beside them. */
const hashImages = () => new Map([...hashFiles(pictures)].filter(([path]) => path.endsWith('.png')));

async function pack(path: string): Promise<{ images: string; fingerprint: string }> {
  const dataset = await openDataset(path);
  const fingerprint = await dataset.fingerprint();
  return { fingerprint, images: await packImages(blobs, dataset, fingerprint, watching) };
}

it('brings the same images elsewhere, once', async () => {
  const { images, fingerprint } = await pack(pictures);
  expect((await pack(pictures)).images).toBe(images);
  // What a killed worker left goes; what one that lives is fetching stays.
  const [left, others] = [`${images}.999999999.tmp`, `${images}.${process.ppid}.tmp`];
  for (const name of [left, others]) mkdirSync(join(folder, 'there', name), { recursive: true });
  const path = await unpackImages(blobs, images, join(folder, 'there'), watching);
  expect(readdirSync(join(folder, 'there')).sort()).toEqual([images, others].sort());
  rmSync(join(folder, 'there', others), { recursive: true });
  expect(hashFiles(path)).toEqual(hashImages());
  expect(await (await openDataset(path)).fingerprint()).toBe(fingerprint);

  // What lies there whole is not fetched again; what was changed is.
  const away = join(folder, 'away');
  rmSync(away, { recursive: true, force: true });
  const elsewhere = new BlobStore(away);
  await elsewhere.put(readFileSync(blobs.pathOf(images)));
  expect(await unpackImages(elsewhere, images, join(folder, 'there'), watching)).toBe(path);
  const image = join(path, [...hashFiles(path).keys()][0]!);
  writeFileSync(image, 'changed');
  await expect(unpackImages(elsewhere, images, join(folder, 'there'), watching)).rejects.toMatchObject({
    code: 'blob.missing',
  });
  expect(await unpackImages(blobs, images, join(folder, 'there'), watching)).toBe(path);
  expect(hashFiles(path)).toEqual(hashImages());
  expect(readdirSync(join(folder, 'there'))).toEqual([images]);
});

it('brings an archive as it is', async () => {
  const archive = join(folder, 'pictures.zip');
  await packFolder(pictures, archive);
  const { images } = await pack(archive);
  const path = await unpackImages(blobs, images, join(folder, 'there'), watching);
  expect(readFileSync(path)).toEqual(readFileSync(archive));
  expect((await openDataset(path)).name).toBe('pictures');
});

it.each(['../outside', 'a/../../outside', '/outside', 'C:/outside', 'a\\..\\outside', '', 'a//b'])(
  'refuses a list of images with the path %j, and writes nothing',
  async (path) => {
    const anything = defineForm({ ...IMAGES_FORM, schema: IMAGES_FORM.schema });
    const sha256 = await blobs.put('not an image');
    const images = await putStored(blobs, anything, {
      name: 'pictures',
      kind: 'folder',
      fingerprint: sha256,
      files: [[path, sha256]],
    });
    const place = join(folder, 'refused');
    await expect(unpackImages(blobs, images, place, watching)).rejects.toMatchObject({ code: 'blob.damaged' });
    expect(existsSync(place) || existsSync(join(folder, 'outside'))).toBe(false);
  },
);
