import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../electron/engine/index.ts';
import { listAddresses } from '../../electron/phone/addresses.ts';
import { type OpenPhoneSession, openPhoneSession } from '../../electron/phone/session.ts';
import type { PhoneSession } from '../../shared/ipc/topics/phone.ts';
import { phoneSessionSchema } from '../../shared/ipc/topics/phone.ts';
import { type PhoneMeasurement, type PhoneTask, phoneTaskSchema } from '../../shared/run/phone-measurement.ts';
import { createPhoneAnswer, createPhoneJob } from '../helpers/phone-job.ts';
import { sendRaw } from './raw-request.ts';

const MINUTE = 60_000;
const PAGE = new Map(
  Object.entries({ '/index.html': '<!doctype html>page', '/assets/page.js': 'export {}' }).map(([path, text]) => [
    path,
    { type: path.endsWith('js') ? 'text/javascript' : 'text/html', read: () => Buffer.from(text) },
  ]),
);

let session: OpenPhoneSession;
let nowMs: number;
let kept: PhoneMeasurement[];
let changes: PhoneSession[];
let keep: (measurement: PhoneMeasurement) => Promise<void>;
let origin: string;
let path: string;

beforeEach(async () => {
  nowMs = 5 * MINUTE;
  kept = [];
  changes = [];
  keep = async (measurement) => void kept.push(measurement);
  const clock: Clock = { now: () => 1e12 + nowMs, elapsedMs: () => nowMs };
  session = await openPhoneSession({
    job: createPhoneJob(),
    address: '127.0.0.1',
    page: PAGE,
    clock,
    keep: (measurement) => keep(measurement),
    onChange: (state) => changes.push(phoneSessionSchema.parse(state)),
  });
  ({ origin, pathname: path } = new URL(session.state.url));
});
afterEach(() => session.close());

/** Opens the address as the first browser, and gives its cookie. */
async function enter(userAgent = 'Phone/1'): Promise<string> {
  const { status, headers } = await sendRaw(origin, path, { headers: { 'user-agent': userAgent } });
  expect(status).toBe(200);
  return headers['set-cookie']![0]!.split(';')[0]!;
}

function post(cookie: string, body: string, headers: Record<string, string> = {}) {
  return sendRaw(origin, '/results', {
    method: 'POST',
    body,
    headers: { cookie, origin, 'content-type': 'application/json', ...headers },
  });
}

describe('a page for a phone', () => {
  it('begins with a random port, a token of 192 bits and 30 minutes', () => {
    expect(session.state).toMatchObject({ state: 'waiting', device: null, measurement: null, message: null });
    expect(session.state.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/t\/[\w-]{32}$/);
    expect(Date.parse(session.state.endsAt)).toBe(1e12 + nowMs + 30 * MINUTE);
    expect(session.state.qr.length).toBeGreaterThan(20);
  });

  it('gives its files and its task to the browser that opened the address first', async () => {
    const opened = await sendRaw(origin, path, { headers: { 'user-agent': 'Phone/1 \u001b[31m' } }).catch(() => null);
    expect(opened, 'Node refuses to send such a header').toBeNull();
    const { status, headers, text } = await sendRaw(origin, path, { headers: { 'user-agent': 'Phone/1' } });
    expect([status, text]).toEqual([200, '<!doctype html>page']);
    expect(headers['set-cookie']![0]).toMatch(/^decant-phone=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(session.state).toMatchObject({ state: 'connected', device: 'Phone/1' });
    const cookie = headers['set-cookie']![0]!.split(';')[0]!;
    const get = (address: string) => sendRaw(origin, address, { headers: { cookie } });
    expect((await get('/')).text).toBe('<!doctype html>page');
    expect((await get('/assets/page.js')).headers['content-type']).toBe('text/javascript');
    const task: PhoneTask = phoneTaskSchema.parse(JSON.parse((await get('/task')).text));
    expect(task).toMatchObject({ title: 'flowers <b>', inputSize: 2, images: 4 });
    expect(task.files.map(({ parts }) => Object.keys(parts))).toEqual([
      ['student.onnx'],
      ['model.json', 'weights.bin'],
    ]);
    expect((await get(task.files[1]!.parts['weights.bin']!)).text).toBe('\u0001\u0002\u0003');
    expect(session.state.activity).toBe('TF.js fp32');
    expect((await get('/images')).headers['content-length']).toBe('48');
    for (const secretThing of ['labels', 'guesses']) expect(JSON.stringify(task)).not.toContain(secretThing);
  });

  it('sends strict headers with everything, refusals included', async () => {
    const cookie = await enter();
    for (const response of [
      await sendRaw(origin, '/', { headers: { cookie } }),
      await sendRaw(origin, '/nothing', { headers: { cookie } }),
      await sendRaw(origin, '/'),
    ]) {
      expect(response.headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self' 'wasm-unsafe/,
      );
      expect(response.headers['content-security-policy']).not.toContain('unsafe-inline');
      expect(response.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('is refused to a second browser, which does not disturb the first', async () => {
    const cookie = await enter();
    for (let i = 0; i < 10; i++) {
      const second = await sendRaw(origin, path);
      expect(second.status).toBe(403);
      expect(second.text).toContain('Another browser has opened this address');
      expect(second.headers['set-cookie']).toBeUndefined();
    }
    expect((await sendRaw(origin, '/task')).status).toBe(403);
    expect((await sendRaw(origin, '/task', { headers: { cookie } })).status).toBe(200);
    expect((await sendRaw(origin, path, { headers: { cookie } })).status, 'a reload').toBe(200);
  });

  it('gives nothing without the token, and ends after five wrong ones', async () => {
    for (const address of ['/', '/task', '/images', '/files/0/0', '/assets/page.js'])
      expect((await sendRaw(origin, address)).status, address).toBe(403);
    expect(session.state.state).toBe('waiting');
    for (let i = 0; i < 4; i++) expect((await sendRaw(origin, `${path.slice(0, -1)}~`)).status).toBe(403);
    expect((await sendRaw(origin, '/task', { headers: { cookie: 'decant-phone=guess' } })).status).toBe(403);
    await session.ended;
    expect(session.state).toMatchObject({ state: 'ended', message: expect.stringContaining('Too many wrong') });
    await expect(sendRaw(origin, path)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('answers only under its own address', async () => {
    const { host, port } = new URL(origin);
    for (const other of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:1`,
      `${host}.evil.example`,
      '',
    ])
      expect((await sendRaw(origin, path, { headers: { host: other } })).status, other).toBe(421);
    expect(session.state.state, 'the token is not used up').toBe('waiting');
    expect((await sendRaw(origin, path, { headers: { host: `localhost:${port}` } })).status, 'a forwarded port').toBe(
      200,
    );
  });

  it('knows a fixed list of addresses and two methods', async () => {
    const cookie = await enter();
    for (const address of [
      '/../package.json',
      '/assets/../../package.json',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/..%2fpage.js',
      '//etc/passwd',
      '/etc/passwd',
      '/assets/',
      '/assets',
      '/files/0/1',
      '/files/9/0',
      '/files/-1/0',
      '/task?x=1',
      '/task/',
      '/results',
      '/index.html',
      '/constructor',
      '/__proto__',
      'http://evil.example/task',
      '*',
    ])
      expect((await sendRaw(origin, address, { headers: { cookie } })).status, address).toBe(404);
    for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'POST'])
      expect((await sendRaw(origin, '/task', { method, headers: { cookie } })).status, method).toBe(404);
  });

  it('takes results, computes their figures here, and takes no others', async () => {
    const userAgent = 'Mozilla/5.0 (Linux; Android 10; K) Chrome/131';
    const cookie = await enter(userAgent);
    const taken = await post(cookie, JSON.stringify(createPhoneAnswer()), { 'user-agent': userAgent });
    expect(taken.status).toBe(200);
    expect(kept).toHaveLength(1);
    expect(kept[0]).toMatchObject({
      device: 'Pixel 8',
      description: userAgent,
      measuredAt: new Date(1e12 + nowMs).toISOString(),
      results: [
        {
          format: 'onnx',
          runtime: 'ONNX Runtime Web 1.30.0, WebAssembly, 1 thread',
          latencyMs: { p50: 4, p95: 4.8 },
          fps: 250,
          images: 4,
          top1: 0.5,
          agreement: 0.75,
        },
      ],
      failures: [{ format: 'tfjs', precision: 'fp32', accelerator: 'webgpu', reason: 'no \ufffd[31mdevice' }],
    });
    expect(JSON.parse(taken.text)).toEqual({ results: kept[0]!.results });
    expect(changes.at(-1)).toMatchObject({ state: 'measured', measurement: kept[0] });
    expect((await post(cookie, JSON.stringify(createPhoneAnswer()))).status).toBe(409);
    expect(kept).toHaveLength(1);
  });

  it('refuses results that are malformed, too large, or from elsewhere', async () => {
    const cookie = await enter();
    const good = createPhoneAnswer();
    const [result] = good.results;
    const bad: [string, unknown][] = [
      ['no object', null],
      ['an unknown key', { ...good, html: '<script>' }],
      ['no name', { ...good, device: '  ' }],
      ['a long name', { ...good, device: 'x'.repeat(61) }],
      ['a version with markup', createPhoneAnswer({ version: '<b>1</b>' })],
      ['a file that it was not given', createPhoneAnswer({ file: 2 })],
      ['too few guesses', createPhoneAnswer({ guesses: [0] })],
      ['a class that is not there', createPhoneAnswer({ guesses: [0, 1, 2, 3] })],
      ['no times', createPhoneAnswer({ timesMs: [] })],
      ['a clock that stands still', createPhoneAnswer({ timesMs: [0, 0] })],
      ['negative times', createPhoneAnswer({ timesMs: [-1] })],
      ['too many results', { ...good, results: Array.from({ length: 101 }, () => result) }],
    ];
    for (const [what, json] of bad) expect((await post(cookie, JSON.stringify(json))).status, what).toBe(400);
    expect((await post(cookie, '{"device":')).status).toBe(400);
    expect((await post(cookie, '{"device":"x","results":[],"failures":[],"__proto__":{"a":1}}')).status).toBe(400);
    const text = JSON.stringify(good);
    expect((await post(cookie, text, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(cookie, text, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await post(cookie, text, { origin: 'null' })).status).toBe(403);
    expect((await post('', text)).status).toBe(403);
    const large = await post(cookie, 'x'.repeat(2_000_001)).catch((error: Error) => error.message);
    expect(typeof large === 'string' ? large : large.status).toSatisfy(
      (answer: unknown) => answer === 413 || /ECONNRESET|EPIPE/.test(String(answer)),
    );
    expect(kept).toEqual([]);
    expect((await post(cookie, text)).status, 'a good one is still taken').toBe(200);
  });

  it('lets the phone send again where the results could not be kept', async () => {
    const cookie = await enter();
    keep = () => Promise.reject(new Error('disk'));
    expect((await post(cookie, JSON.stringify(createPhoneAnswer()))).status).toBe(500);
    keep = async (measurement) => void kept.push(measurement);
    expect((await post(cookie, JSON.stringify(createPhoneAnswer()))).status).toBe(200);
    expect(kept).toHaveLength(1);
  });

  it('slows down who asks too much', async () => {
    const cookie = await enter();
    const statuses = new Set<number>();
    for (let i = 0; i < 410; i++) statuses.add((await sendRaw(origin, '/task', { headers: { cookie } })).status);
    expect(statuses).toEqual(new Set([200, 429]));
    nowMs += 11_000;
    expect((await sendRaw(origin, '/task', { headers: { cookie } })).status).toBe(200);
  });

  it('ends when it is closed', async () => {
    const cookie = await enter();
    await session.close();
    expect(changes.at(-1)).toMatchObject({ state: 'ended', message: null });
    await expect(sendRaw(origin, '/task', { headers: { cookie } })).rejects.toThrow(/ECONNREFUSED/);
  });

  it('ends after 30 minutes, whatever happens', async () => {
    const cookie = await enter();
    nowMs += 30 * MINUTE - 1;
    expect((await sendRaw(origin, '/task', { headers: { cookie } })).status).toBe(200);
    nowMs += 1;
    const late = await sendRaw(origin, '/task', { headers: { cookie } }).catch((error: Error) => error);
    if (!(late instanceof Error)) expect(late.status).toBe(410);
    await session.ended;
    expect(session.state).toMatchObject({ state: 'ended', message: expect.stringContaining('30 minutes') });
    await expect(sendRaw(origin, '/task')).rejects.toThrow(/ECONNREFUSED/);
  });
});

it('is served on IPv6 as well', async ({ skip }) => {
  skip(!listAddresses().some(({ address }) => address === '::1'), 'this computer has no IPv6');
  const open = await openPhoneSession({ job: createPhoneJob(), address: '::1', page: PAGE, keep: async () => {} });
  const { origin: own, pathname } = new URL(open.state.url);
  expect(own).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await sendRaw(own, pathname, { headers: { host: 'evil.example' } })).status).toBe(421);
  expect((await sendRaw(own, pathname)).status).toBe(200);
  await open.close();
});

it('says which address cannot be served on', async () => {
  const opening = openPhoneSession({ job: createPhoneJob(), address: '203.0.113.9', page: PAGE, keep: async () => {} });
  await expect(opening).rejects.toMatchObject({
    code: 'usage.invalid',
    message: expect.stringContaining('203.0.113.9'),
  });
});
