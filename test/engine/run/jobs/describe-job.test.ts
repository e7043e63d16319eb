import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BlobStore } from '../../../../electron/engine/blobs/index.ts';
import { describeJob } from '../../../../electron/engine/run/jobs/describe-job.ts';
import { fetchFiles } from '../../../../electron/engine/run/jobs/run-job.ts';
import { getStored } from '../../../../electron/engine/run/jobs/stored-blobs.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { JOB_FORM } from '../../../../shared/stored/job-forms.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-describe-');
const blobs = new BlobStore(join(folder, 'blobs'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dataset = { fingerprint: 'f'.repeat(64), images: null, backend: 'simd' };
const describe = (recipe: object, other: Partial<typeof dataset> = {}): Promise<string> =>
  describeJob(blobs, recipeSchema.parse(recipe), { ...dataset, ...other });

it('has a key of its own for all that decides what is computed, and for nothing else', async () => {
  const key = await describe({ seed: 1 });
  expect(await describe({ seed: 1 })).toBe(key);
  const others = [
    await describe({ seed: 2 }),
    await describe({ prune: { macs: 0.5 } }),
    await describe({ seed: 1 }, { backend: 'webgpu' }),
    await describe({ seed: 1 }, { fingerprint: 'e'.repeat(64) }),
  ];
  expect(new Set([key, ...others]).size).toBe(5);
});

it('takes the files along that a recipe names, by their content and not by their place', async () => {
  const [one, two] = [join(folder, 'one.safetensors'), join(folder, 'two', 'one.safetensors')];
  await blobs.copyTo(await blobs.put('weights'), one);
  await blobs.copyTo(await blobs.put('weights'), two);
  const key = await describe({ teacher: { weights: one } });
  expect(await describe({ teacher: { weights: two } })).toBe(key);
  const job = await getStored(blobs, JOB_FORM, key);
  expect(job.recipe.teacher.weights).toBe('one.safetensors');
  expect(job.files).toEqual([{ key: 'teacher.weights', name: 'one.safetensors', sha256: await blobs.put('weights') }]);
  const home = join(folder, 'home');
  const { weights } = (await fetchFiles(blobs, job, home)).teacher;
  expect(weights?.startsWith(home)).toBe(true);
  expect(readFileSync(weights!, 'utf8')).toBe('weights');
  writeFileSync(two, 'other weights');
  expect(await describe({ teacher: { weights: two } })).not.toBe(key);
});

it('opens no file of a worker that a job names without bringing it along', async () => {
  const key = await describe({});
  const job = await getStored(blobs, JOB_FORM, key);
  for (const recipe of [
    { teacher: { weights: '/etc/passwd' } },
    { student: { weights: 'here.safetensors' } },
    { teacher: { onnx: { file: 'run:x' } } },
  ])
    await expect(fetchFiles(blobs, { ...job, recipe: recipeSchema.parse(recipe) }, folder)).rejects.toMatchObject({
      code: 'recipe.invalid',
    });
});
