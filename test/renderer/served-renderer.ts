import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { drawThumbnail } from './thumbnail.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The policy of the app's own page; what it blocks there, it blocks here. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; media-src blob:";

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

/** Builds a page with Vite into a folder of its own, once for all test processes of one vitest run. */
export async function buildOnce(name: string, configFile: string): Promise<string> {
  const outDir = join(ROOT, 'test-results', 'built', `${name}-${process.ppid}`);
  const done = join(outDir, '.done');
  await mkdir(join(outDir, '..'), { recursive: true });
  try {
    await mkdir(outDir);
  } catch {
    for (let tries = 0; tries < 600 && !existsSync(done); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const begun = await stat(outDir).catch(() => null);
      if (!begun) return buildOnce(name, configFile); // The other process failed; it is our turn.
    }
    return outDir;
  }
  try {
    await build({ configFile: join(ROOT, configFile), logLevel: 'error', build: { outDir, emptyOutDir: false } });
    await writeFile(done, '');
    return outDir;
  } catch (cause) {
    await rm(outDir, { recursive: true, force: true });
    throw cause;
  }
}
