import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { DIST, fingerprint, ROOT } from '../../build/files.ts';
import { drawThumbnail } from './thumbnail.ts';

/** The policy of the app's own page; what it blocks there, it blocks here. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export interface ServedRenderer {
  readonly address: string;
  close(): Promise<void>;
}

/** Serves a folder of built pages as the app does: the same policy, thumbnails under /thumbnails/. */
export async function serveFolder(folder: string): Promise<ServedRenderer> {
  const server: Server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const thumbnail = /^\/thumbnails\/[0-9a-f]{16}\/(\d+)$/.exec(pathname);
    if (thumbnail) {
      response.writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=60' });
      response.end(drawThumbnail(Number(thumbnail[1])));
      return;
    }
    if (pathname === '/favicon.ico') {
      response.writeHead(204).end(); // Browsers ask for it; the app's window does not.
      return;
    }
    try {
      const path = pathname === '/' ? 'index.html' : normalize(pathname).replace(/^(\.\.[/\\])+/, '');
      const content = await readFile(join(folder, path));
      response.writeHead(200, {
        'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
        ...(path.startsWith('/assets/') && { 'cache-control': 'max-age=3600' }), // Named by their content.
      });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port, not on a pipe.
  return {
    address: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Builds the window where its sources have changed, and gives the folder that it is in. */
export async function buildWindow(): Promise<string> {
  // By itself: what builds belongs to other rooms than what runs in a page, and one build at a time writes the texts.
  await promisify(execFile)(process.execPath, ['build/build.ts', 'window'], { cwd: ROOT });
  return join(DIST, 'renderer');
}

/** Builds the gallery of the window's parts, likewise. */
export async function buildGallery(): Promise<string> {
  const sources = ['renderer', 'shared', 'test/renderer/gallery'];
  const outDir = join(ROOT, 'test-results', 'built', `gallery-${(await fingerprint(sources)).slice(0, 12)}`);
  if (existsSync(outDir)) return outDir;
  const own = `${outDir}.${process.pid}`;
  const configFile = join(ROOT, 'test/renderer/gallery/vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: own, emptyOutDir: false } });
  try {
    await rename(own, outDir);
  } catch {
    await rm(own, { recursive: true }); // Another process was faster; its is the same.
  }
  return outDir;
}
