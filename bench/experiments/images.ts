import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../electron/engine/core/random.ts';
import { ByteReader } from '../../electron/engine/data/byte-location.ts';
import { openDataset } from '../../electron/engine/data/index.ts';
import { drawSample } from '../../electron/engine/run/begin/sample-dataset.ts';
import { DRAWN, type Images } from './experiment.ts';

/** The path of an experiment's images: the archive, or a folder with the same part of every class, chosen once. */
export async function provideImages(images: Images, { data, out }: { data: string; out: string }): Promise<string> {
  if (images.file === DRAWN)
    return drawSample(out, { listener: () => undefined, signal: new AbortController().signal });
  const source = join(data, images.file);
  if (!existsSync(source))
    throw new Error(`There is no ${images.file} in ${data}; name the folder that has it with --data.`);
  const most = { train: images.trainPerClass, test: images.testPerClass };
  if (most.train === null && most.test === null) return source;
  const target = join(out, 'images', `${images.file}-${most.train ?? 'all'}-${most.test ?? 'all'}`);
  if (existsSync(target)) return target;
  const unfinished = `${target}.part`;
  await rm(unfinished, { recursive: true, force: true });
  const dataset = await openDataset(source);
  const reader = new ByteReader(dataset.kind === 'zip' ? dataset.path : null);
  try {
    for (const split of ['train', 'test'] as const)
      for (const [label, name] of dataset.classes.entries()) {
        const own = dataset.images.filter((image) => image.split === split && image.label === label);
        const chosen = new Random('experiments')
          .fork(split, name)
          .shuffle(own)
          .slice(0, most[split] ?? own.length);
        await mkdir(join(unfinished, split, name), { recursive: true });
        for (const image of chosen)
          await writeFile(join(unfinished, split, name, image.path.split('/').at(-1)!), reader.read(image.location));
      }
  } finally {
    reader.close();
    await dataset.close();
  }
  await rename(unfinished, target);
  return target;
}
