import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerPage, type PageSource } from '../../electron/main/page.ts';
import { makeTemporaryFolder } from '../e2e/folders.ts';

const outside = makeTemporaryFolder('decant-page-');
const folder = join(outside, 'renderer');
const DATASET = '0123456789abcdef';
const asked: unknown[] = [];

const source: PageSource = {
  folder,
  async askThumbnail(params) {
    asked.push(params);
    if (params.dataset !== DATASET)
      return { ok: false, failure: { code: 'dataset.missing', message: 'It is unknown.' } };
    const type = params.image === 9 ? 'text/html' : 'image/jpeg';
    return { ok: true, value: { bytes: new Uint8Array([1, 2, params.image]), type } };
  },
};

beforeAll(() => {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(outside, 'secret.json'), '"secret"');
  writeFileSync(join(outside, 'secret.html'), 'secret');
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', 'index-4711.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'odd.exe'), 'secret');
  writeFileSync(join(folder, '.hidden.json'), '"secret"');
});
afterAll(() => rmSync(outside, { recursive: true }));

function get(path: string, init?: RequestInit): Promise<Response> {
  return answerPage(new Request(`app://decant${path}`, init), source);
}

describe('files', () => {
  it('are those of the built window, with their types', async () => {
    for (const path of ['/', '/index.html', '/index.html?a=b', '/index.html#x']) {
      const response = await get(path);
      expect([response.status, await response.text()]).toEqual([200, '<!doctype html>']);
      expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    }
    const script = await get('/assets/index-4711.js');
    expect([script.status, script.headers.get('Content-Type')]).toEqual([200, 'text/javascript; charset=utf-8']);
  });

  it.each([
    '/../secret.json',
    '/..%2fsecret.json',
    '/%2e%2e/secret.json',
    '/%2e%2e%2fsecret.json',
    '/assets/../../secret.json',
    '/assets/..%5c..%5csecret.json',
    '/assets/....//secret.json',
    '//etc/passwd',
    '/etc/passwd',
    `/${encodeURIComponent('/etc/hosts.json')}`,
    '/C:/secret.json',
    '/C:%5csecret.json',
    '/assets',
    '/assets/',
    '/assets/odd.exe',
    '/.hidden.json',
    '/index.html%00.js',
    '/index.html/',
    '/not-there.html',
    '/%E0%A4%A',
  ])('are never others: %s', async (path) => {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([404, '']);
  });

  it('are only read, and only from this host', async () => {
    expect((await get('/', { method: 'POST' })).status).toBe(404);
    for (const address of ['app://other/index.html', 'app://decant:80/index.html', 'https://decant/index.html'])
      expect((await answerPage(new Request(address), source)).status).toBe(404);
  });

  it('come with a policy that runs no text as code or style, and reaches nothing else', async () => {
    for (const path of ['/', '/not-there.html', `/thumbnails/${DATASET}/1`]) {
      const { headers } = await get(path);
      const policy = headers.get('Content-Security-Policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      for (const directive of ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
        expect(policy).toContain(directive);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    }
  });
});

describe('thumbnails', () => {
  it('are asked from the engine, kept by the browser, in the asked size', async () => {
    const response = await get(`/thumbnails/${DATASET}/12?size=128`);
    expect(asked.at(-1)).toEqual({ dataset: DATASET, image: 12, size: 128 });
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 12]);
    expect(response.headers.get('Content-Type')).toBe('image/jpeg');
    expect(response.headers.get('Cache-Control')).toContain('immutable');
    await get(`/thumbnails/${DATASET}/3`);
    expect(asked.at(-1)).toEqual({ dataset: DATASET, image: 3, size: 96 });
  });

  it('are of known datasets only, and images only', async () => {
    expect((await get('/thumbnails/fedcba9876543210/1')).status).toBe(404);
    expect((await get(`/thumbnails/${DATASET}/9`)).status).toBe(404);
  });

  it.each([
    '/thumbnails',
    `/thumbnails/${DATASET}`,
    `/thumbnails/${DATASET}/`,
    `/thumbnails/${DATASET}/1/2`,
    `/thumbnails/${DATASET}/-1`,
    `/thumbnails/${DATASET}/1.5`,
    `/thumbnails/${DATASET}/1e3`,
    `/thumbnails/${DATASET}/0x10`,
    `/thumbnails/${DATASET}/12345678901234567890`,
    `/thumbnails/${DATASET}/1?size=0`,
    `/thumbnails/${DATASET}/1?size=100000`,
    `/thumbnails/${DATASET}/1?size=x`,
    `/thumbnails/${DATASET.toUpperCase()}/1`,
    '/thumbnails/short/1',
    '/thumbnails/../index.html/1',
  ])('are refused without asking: %s', async (path) => {
    const before = asked.length;
    expect((await get(path)).status).toBe(404);
    expect(asked).toHaveLength(before);
  });

  it('may come later while the engine is started again', async () => {
    const failure = { code: 'engine.lost', message: 'It is started again.' };
    const lost: PageSource = { folder, askThumbnail: async () => ({ ok: false, failure }) };
    expect((await answerPage(new Request(`app://decant/thumbnails/${DATASET}/1`), lost)).status).toBe(503);
  });
});
