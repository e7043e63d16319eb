import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build as buildWithVite } from 'vite';
import { DIST, listFiles, ROOT } from './files.ts';
import { buildPhonePage } from './phone-page.ts';
import { translateModules } from './translate-modules.ts';

/** A part of the app that is built by itself, when something that it is made of has changed. */
export interface Part {
  readonly name: string;
  /** Files and folders that it is made of. */
  readonly sources: readonly string[];
  build(): Promise<void>;
}

export const PARTS: readonly Part[] = [
  {
    name: 'main process, engine and command line',
    sources: [
      'electron',
      'shared',
      'samples',
      'build/icon.png',
      'package.json',
      'tsconfig.base.json',
      'tsconfig.build.json',
      'locales',
      'wuchale.config.ts',
    ],
    build: buildNode,
  },
  {
    name: 'preload script',
    sources: ['electron/preload', 'shared'],
    build: buildPreload,
  },
  {
    name: 'window',
    sources: ['renderer', 'shared', 'locales', 'wuchale.config.ts'],
    build: buildRenderer,
  },
  {
    name: 'page for phones',
    sources: ['phone', 'shared', 'build/phone-page.ts', 'package-lock.json'],
    build: buildPhonePage,
  },
];

/** Module by module, so that threads and processes find the modules that they begin with, and stack traces mean something. */
async function buildNode(): Promise<void> {
  for (const folder of ['electron', 'shared', 'locales'])
    await rm(join(DIST, folder), { recursive: true, force: true });
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: ROOT });
  await translateModules();
  for (const path of (await listFiles('electron')).filter((path) => path.endsWith('.wasm'))) {
    await mkdir(dirname(join(DIST, path)), { recursive: true });
    await copyFile(join(ROOT, path), join(DIST, path));
  }
  await rm(join(DIST, 'samples'), { recursive: true, force: true });
  await cp(join(ROOT, 'samples'), join(DIST, 'samples'), { recursive: true });
  await copyFile(join(ROOT, 'build/icon.png'), join(DIST, 'icon.png'));
  // Says that .js files are modules, and which version of Decant they are.
  const { name, version, type } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  await writeFile(join(DIST, 'package.json'), JSON.stringify({ name, version, type }));
}

/** One CommonJS file: a sandboxed preload script cannot load others. */
async function buildPreload(): Promise<void> {
  await buildWithVite({
    root: ROOT,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir: join(DIST, 'preload'),
      emptyOutDir: true,
      target: 'chrome130',
      minify: false,
      lib: { entry: join(ROOT, 'electron/preload/index.ts'), formats: ['cjs'], fileName: () => 'index.cjs' },
      rolldownOptions: { external: ['electron', ...builtinModules] },
    },
  });
}

async function buildRenderer(): Promise<void> {
  await buildWithVite({
    root: join(ROOT, 'renderer'),
    configFile: join(ROOT, 'renderer/vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(DIST, 'renderer'), emptyOutDir: true },
  });
}
