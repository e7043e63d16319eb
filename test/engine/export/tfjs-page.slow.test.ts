import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { referenceLogits } from '../../helpers/reference-forward.ts';
import { readZip } from './read-zip.ts';
import { drawPixels, drawRequest, normalize } from './samples.ts';

const CHROMIUM = '/usr/bin/chromium';
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', json: 'application/json' };

test.skipIf(!existsSync(CHROMIUM))(
  'the page classifies an image in a browser (skipped without Chromium)',
  { timeout: 60_000 },
  async () => {
    const request = drawRequest({ architecture: 'mobilenet-v3-small' });
    const pixels = drawPixels(request.network, 1);
    const logits = referenceLogits(request.network, request.weights, normalize(pixels));
    const best = logits.indexOf(Math.max(...logits));
    const image = await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer();
    const files: Record<string, Buffer> = { ...(await readZip(EXPORTERS.tfjs.write(request))), 'image.png': image };
    const server = createServer(({ url = '/' }, response) => {
      const name = url.slice(1).split('?')[0]!;
      const content = files[name];
      response.writeHead(content ? 200 : 404, { 'content-type': TYPES[name.split('.').at(-1)!] ?? 'image/png' });
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const profile = await mkdtemp(join(tmpdir(), 'decant-page-'));
    try {
      const { port } = server.address() as AddressInfo; // Listening on a port, not a pipe.
      const { stdout } = await promisify(execFile)(CHROMIUM, [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${profile}`,
        '--virtual-time-budget=20000',
        '--dump-dom',
        `http://127.0.0.1:${port}/index.html?image=image.png`,
      ]);
      expect(stdout).toMatch(new RegExp(`role="status">class ${best}, in \\d+ ms on cpu\\.<`));
      expect(stdout).toContain(`<tr><td>class ${best}</td><td>`);
    } finally {
      server.close();
      await rm(profile, { recursive: true, force: true });
    }
  },
);
