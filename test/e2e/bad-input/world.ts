import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { drawDataset } from '../../../electron/engine/data/index.ts';
import { makeTemporaryFolder } from '../folders.ts';
import { decant, TINY_RECIPE } from '../real-cli.ts';

/** What every case finds: a good dataset, and a home with a finished run and one that was stopped. */
export interface World {
  root: string;
  pictures: string;
  home: string;
  recipe: string;
  finished: string;
  stopped: string;
  out: string;
}

/** A case's own folder, with its own copy of the home. */
export interface Place extends World {
  folder: string;
  /** Writes a file into the folder and returns its path. */
  write(name: string, content: string | Uint8Array): string;
  /** A mounted file system of so many bytes; undone when the case ends. */
  mount(options: string): string;
  atEnd: (() => void)[];
}

export const world = {} as World; // Filled in by `useWorld`.

/** Makes the world before a file's tests, and removes it after them. */
export function useWorld(): void {
  beforeAll(async () => {
    const root = makeTemporaryFolder('decant-bad-');
    const pictures = join(root, 'pictures');
    await drawDataset(pictures, { classes: 3, trainPerClass: 16, testPerClass: 4, size: 16, seed: 1 });
    const recipe = join(root, 'recipe.json');
    writeFileSync(recipe, JSON.stringify(TINY_RECIPE));
    const [home, out] = [join(root, 'home'), join(root, 'out')];
    const compress = ['compress', pictures, '--recipe', recipe, '--home', home];
    expect((await decant([...compress, '--out', out])).stderr).toContain('[export] done');
    expect((await decant(compress, { stopAt: '[warm-up] ' })).status).toBe(130);
    const runs = JSON.parse((await decant(['runs', '--json', '--home', home])).stdout) as {
      id: string;
      state: string;
    }[];
    const find = (state: string) => runs.find((run) => run.state === state)!.id;
    Object.assign(world, { root, pictures, home, recipe, out, finished: find('finished'), stopped: find('stopped') });
  }, 300_000);

  afterAll(() => world.root && rmSync(world.root, { recursive: true, force: true }));
}

/** A folder of a case's own with copies of the home and of what the finished run wrote; whoever asks for it removes it. */
export function openPlace(): Place {
  const folder = makeTemporaryFolder('decant-case-');
  const place: Place = {
    ...world,
    folder,
    home: join(folder, 'home'),
    get out() {
      const out = join(folder, 'out');
      if (!existsSync(out)) cpSync(world.out, out, { recursive: true }); // Few cases want it.
      return out;
    },
    atEnd: [],
    write(name, content) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
    mount(options) {
      const at = join(folder, 'disk');
      mkdirSync(at);
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]);
      place.atEnd.push(() => execFileSync('umount', [at]));
      return at;
    },
  };
  cpSync(world.home, place.home, { recursive: true });
  return place;
}

/** Changes a file; gives its path. */
export const breakFile = (path: string, change: (bytes: Buffer) => Uint8Array) => {
  writeFileSync(path, change(readFileSync(path)));
  return path;
};

export const shorten = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));

/** A file of the stopped run, by how its name starts. */
export const runFile = ({ home, stopped }: Place, name: string) => {
  const folder = join(home, 'runs', stopped);
  return join(folder, readdirSync(folder).find((file) => file.startsWith(name))!);
};

export const resume = (place: Place) => ['compress', '--resume', place.stopped];
