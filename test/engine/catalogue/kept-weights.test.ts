import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, type CatalogueEntry, KeptWeights } from '../../../electron/engine/catalogue/index.ts';
import { buildNetwork, countNetwork } from '../../../electron/engine/model/index.ts';
import {
  answer,
  type Behaviour,
  CONTENT,
  cutAfter,
  ENTRY,
  type Hub,
  hashOf,
  PATH,
  rangeOf,
  SHA256,
  serve,
  startHub,
} from './hub.ts';

let folder: string;
let hub: Hub;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-weights-'));
});
afterEach(async () => {
  await hub?.close();
  await rm(folder, { recursive: true, force: true });
});

const FINAL = 'test-weights.safetensors';
const PART = `${FINAL}.part`;

async function download(
  behaviours: Behaviour[],
  {
    entry = ENTRY,
    signal = new AbortController().signal,
    onProgress = () => undefined,
  }: {
    entry?: CatalogueEntry;
    signal?: AbortSignal;
    onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<string> {
  hub = await startHub(...behaviours);
  return new KeptWeights(folder).download(entry, { hub: hub.address, signal, onProgress, firstPauseMs: 1 });
}

const files = () => readdir(folder).then((names) => names.sort());
const expectWhole = async () => {
  expect(hashOf(await readFile(join(folder, FINAL)))).toBe(SHA256);
  expect(await files()).toEqual(['test-weights.json', FINAL]);
};

describe('a download', () => {
  it('brings the file, tells how far it is, and is not needed twice', async () => {
    const told: [number, number][] = [];
    expect(await download([serve], { onProgress: (...step) => told.push(step) })).toBe(join(folder, FINAL));
    await expectWhole();
    expect(hub.requests).toEqual([`${PATH} 0`]);
    expect(told[0]).toEqual([0, CONTENT.length]);
    expect(told.at(-1)).toEqual([CONTENT.length, CONTENT.length]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b));
    await hub.close();
    expect(await download([answer(500)])).toBe(join(folder, FINAL));
    expect(hub.requests).toEqual([]);
  });

  it('goes on where the connection was cut, as often as something comes', async () => {
    await download([...Array.from({ length: 7 }, () => cutAfter(30_000)), serve]);
    await expectWhole();
    expect(hub.requests).toHaveLength(8);
    expect(hub.requests[1]).toMatch(/ [1-9]\d*$/);
  });

  it('gives up when nothing more comes, keeps what came, and another time takes only the rest', async () => {
    await expect(download([cutAfter(50_000), cutAfter(0)])).rejects.toThrow(
      /could not be downloaded: .*; check the connection/,
    );
    expect(await files()).toEqual([PART]);
    expect(await new KeptWeights(folder).state(ENTRY)).toBe('partial');
    const kept = (await readFile(join(folder, PART))).length;
    expect(kept).toBeGreaterThan(0);
    await hub.close();
    await download([serve]);
    await expectWhole();
    expect(hub.requests).toEqual([`${PATH} ${kept}`]);
  });

  it.each<[string, Behaviour]>([
    ['ignores Range', (_, response) => response.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT)],
    [
      'sends another part than was asked for',
      (request, response) => {
        if (rangeOf(request) === null) serve(request, response);
        else response.writeHead(206, { 'content-range': `bytes 0-9/${CONTENT.length}` }).end(CONTENT.subarray(0, 10));
      },
    ],
    [
      'refuses the range',
      (request, response) => {
        if (rangeOf(request) === null) serve(request, response);
        else response.writeHead(416, { 'content-range': 'bytes */10' }).end();
      },
    ],
  ])('begins anew at a server that %s', async (_, behaviour) => {
    await writeFile(join(folder, PART), CONTENT.subarray(0, 1000));
    await download([behaviour]);
    await expectWhole();
  });

  it('is content with a part that is whole already', async () => {
    await writeFile(join(folder, PART), CONTENT);
    await download([serve]);
    await expectWhole();
    expect(hub.requests).toEqual([`${PATH} ${CONTENT.length}`]);
  });

  it('takes the whole anew where what was kept is damaged', async () => {
    await writeFile(join(folder, PART), new Uint8Array(1000));
    await download([serve]);
    await expectWhole();
    expect(hub.requests).toEqual([`${PATH} 1000`, `${PATH} 0`]);
  });

  it('never gives its name to content with another hash', async () => {
    const corrupt: Behaviour = (_, response) => {
      const content = CONTENT.slice();
      content[12_345]! ^= 1;
      response.writeHead(200, { 'content-length': content.length }).end(content);
    };
    await expect(download([corrupt])).rejects.toThrow(`but should be ${SHA256}`);
    expect(await files()).toEqual([]);
    expect(hub.requests).toHaveLength(2);
  });

  it.each<[string, Behaviour]>([
    [
      'more than it sends',
      (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length + 5 });
        response.write(CONTENT, () => setTimeout(() => response.destroy(), 20));
      },
    ],
    [
      'less than it sends',
      (_, response) => {
        // By hand: Node would not send more than it announced.
        response.socket!.end(
          Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n'), CONTENT]),
        );
      },
    ],
  ])('leaves no file where a server announces %s', async (_, behaviour) => {
    await expect(download([behaviour])).rejects.toMatchObject({ code: 'download.failed' });
    expect(await files()).not.toContain(FINAL);
  });

  it('takes no more than twice what it expects', async () => {
    const endless: Behaviour = (_, response) => {
      response.writeHead(200);
      const more = () => void response.write(CONTENT, () => setImmediate(more));
      more();
    };
    await expect(download([endless])).rejects.toThrow(/larger than the limit of 600000 bytes/);
    expect(await files()).toEqual([]);
  });

  it.each([404, 403, 410])('is told of status %i at once', async (status) => {
    await expect(download([answer(status)])).rejects.toThrow(new RegExp(`the server answered ${status}`));
    expect(hub.requests).toHaveLength(1);
    expect(await files()).toEqual([]);
  });

  it.each([500, 503, 429])('tries again after status %i', async (status) => {
    await download([answer(status), answer(status), serve]);
    await expectWhole();
  });

  it('fails after four times 500', async () => {
    await expect(download([answer(500)])).rejects.toThrow(/the server answered 500/);
    expect(hub.requests).toHaveLength(4);
  });

  it('stops when asked to, and keeps what came', async () => {
    const stop = new AbortController();
    const slow: Behaviour = (_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, 1000));
    };
    const running = download([slow], { signal: stop.signal, onProgress: (done) => done > 0 && stop.abort() });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(await files()).toEqual([PART]);
  });

  it('says that there is no connection', async () => {
    const { address, close } = await startHub(serve);
    await close();
    const kept = new KeptWeights(folder).download(ENTRY, {
      hub: address,
      signal: new AbortController().signal,
      firstPauseMs: 1,
    });
    await expect(kept).rejects.toThrow(/the server cannot be reached; check the connection/);
  });

  it('is one at a time, and does not wait for a dead process', async () => {
    const path = join(folder, 'test-weights.lock');
    await writeFile(path, String(process.ppid));
    await expect(download([serve])).rejects.toThrow(`Process ${process.ppid} is already downloading`);
    await hub.close();
    await writeFile(path, '999999999');
    await download([serve]);
    await expectWhole();
  });
});

describe('redirects', () => {
  const to =
    (location: string): Behaviour =>
    (_, response) =>
      response.writeHead(302, { location, 'x-linked-etag': `"${SHA256}"` }).end();

  it('are followed, and asked for the same part', async () => {
    await writeFile(join(folder, PART), CONTENT.subarray(0, 77));
    await download([to('/elsewhere'), serve]);
    await expectWhole();
    expect(hub.requests).toEqual([`${PATH} 77`, '/elsewhere 77']);
  });

  it.each([
    ['in circles', '/round', /redirects more than 5 times/],
    ['out of https', 'http://example.com/x', /redirects to http:\/\/example.com, which is not https/],
    ['to a file', 'file:///etc/passwd', /not https/],
    ['to nothing that is an address', 'http://', /redirects without an address/],
  ])('are not followed %s', async (_, location, message) => {
    await expect(download([to(location)])).rejects.toThrow(message);
    expect(await files()).toEqual([]);
  });
});

describe('weights whose hash only the hub knows', () => {
  const entry = { ...ENTRY, sha256: null };

  it('are checked against what it states, also where that is said on the way', async () => {
    await download(
      [(_, response) => response.writeHead(302, { location: '/x', 'x-linked-etag': `"${SHA256}"` }).end(), serve],
      { entry },
    );
    await expectWhole();
    expect(JSON.parse(await readFile(join(folder, 'test-weights.json'), 'utf8'))).toMatchObject({
      sha256: SHA256,
      sizeBytes: CONTENT.length,
    });
  });

  it('are refused where it states nothing', async () => {
    await expect(download([(_, response) => response.writeHead(200).end(CONTENT)], { entry })).rejects.toThrow(
      /its SHA-256 is not known/,
    );
    expect(await files()).toEqual([]);
  });

  it('must stay what they were, even after they were removed', async () => {
    await download([serve], { entry });
    await new KeptWeights(folder).remove(entry);
    expect(await new KeptWeights(folder).state(entry)).toBe('absent');
    await hub.close();
    const other = CONTENT.map((value) => value ^ 1);
    const changed: Behaviour = (_, response) =>
      response.writeHead(200, { 'x-linked-etag': `"${hashOf(other)}"` }).end(other);
    await expect(download([changed], { entry })).rejects.toThrow(/the hub gives its SHA-256 as .* but it should be/);
  });
});

describe('weights in the home', () => {
  it('are not used when they have changed', async () => {
    const path = await download([serve]);
    await writeFile(path, CONTENT.subarray(1));
    await expect(new KeptWeights(folder).find(ENTRY)).rejects.toThrow(/have changed since they were downloaded/);
    await new KeptWeights(folder).remove(ENTRY);
    expect(await new KeptWeights(folder).find(ENTRY)).toBeNull();
  });
});

describe('the catalogue', () => {
  it('has a whole commit, a safe id and a network that can be built for each entry', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
    for (const { id, revision, sha256, sizeBytes, architecture, width } of CATALOGUE) {
      expect(id).toMatch(/^[0-9a-z._-]{1,80}$/);
      expect(revision).toMatch(/^[0-9a-f]{40}$/);
      if (sha256 !== null) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      const network = buildNetwork({
        architecture,
        width,
        classes: 1000,
        inputSize: 224,
        stemStride: 2,
        firstStrides: [],
      });
      // A file of 32-bit floats: parameters, and a little more for statistics and names.
      const bytes = 4 * countNetwork(network).parameters;
      expect(sizeBytes).toBeGreaterThan(bytes);
      expect(sizeBytes).toBeLessThan(1.03 * bytes);
    }
  });
});
