import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DecantError } from '../engine/index.ts';
import { findType } from './headers.ts';
import type { Resource } from './serve.ts';

/** Where the built page lies, beside the built or beside the original sources. */
const PLACES = ['../../phone-page/', '../../dist/phone-page/'].map((place) =>
  fileURLToPath(new URL(place, import.meta.url)),
);
/** LiteRT's modules: with relaxed SIMD, for browsers without it, and for WebGPU. */
const LITERT = /^litert_wasm(_compat|_jspi)?_internal\.(js|wasm)$/;

/**
 * The page that a phone opens, and all that it loads, by their addresses. Nothing else is ever read.
 *
 * @throws DecantError `run.incomplete` where the page has not been built
 */
export async function listPageFiles(): Promise<Map<string, Resource>> {
  const place = PLACES.find((folder) => existsSync(join(folder, 'index.html')));
  if (place === undefined)
    throw new DecantError('run.incomplete', 'The page for phones has not been built; run "npm run build" once.');
  const names = (await readdir(place, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(place.length).split(sep).join('/'));
  const files = new Map(names.map((name) => [`/${name}`, readLater(join(place, name))]));
  const litert = join(dirname(fileURLToPath(import.meta.resolve('@litertjs/core'))), '..', 'wasm');
  for (const name of await readdir(litert))
    if (LITERT.test(name)) files.set(`/litert/${name}`, readLater(join(litert, name)));
  return files;
}

function readLater(path: string): Resource {
  return { type: findType(path), read: () => readFile(path) };
}
