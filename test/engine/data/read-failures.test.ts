import { expect, test } from 'vitest';
import { readFirmly, readFirmlyLater } from '../../../electron/engine/data/read-failures.ts';

/** Fails with these codes, one a call, then gives "read". */
function failing(...codes: string[]): { read: () => string; calls: () => number } {
  let calls = 0;
  return {
    read() {
      const code = codes[calls++];
      if (code !== undefined) throw Object.assign(new Error(`${code}: as node:fs says it`), { code });
      return 'read';
    },
    calls: () => calls,
  };
}

test.each(['EIO', 'EMFILE', 'ENFILE', 'EAGAIN', 'ETIMEDOUT'])('%s is waited for', async (code) => {
  expect(readFirmly('a.png', failing(code, code).read)).toBe('read');
  const later = failing(code, code, code);
  expect(await readFirmlyLater('a.png', async () => later.read())).toBe('read');
});

test.each([
  ['EIO', 4, 'a.png cannot be read: the disk reports an error; check the disk and try again.'],
  ['EMFILE', 4, 'a.png cannot be read: too many files are open; close other programs and try again.'],
  ['ENOENT', 1, 'a.png cannot be read: it no longer exists; put it back, or read the dataset again.'],
  ['EACCES', 1, 'a.png cannot be read: permission is denied; check its permissions.'],
  ['EREMOTEIO', 1, 'a.png cannot be read: EREMOTEIO; check the disk and try again.'],
])('%s that stays is one sentence after %i tries', async (code, tries, message) => {
  const expected = { code: 'dataset.unreadable', message };
  const codes = Array.from({ length: 9 }, () => code);
  const [now, later] = [failing(...codes), failing(...codes)];
  expect(() => readFirmly('a.png', now.read)).toThrow(expect.objectContaining(expected));
  await expect(readFirmlyLater('a.png', async () => later.read())).rejects.toMatchObject(expected);
  expect([now.calls(), later.calls()]).toEqual([tries, tries]);
});

test('what is no failure of the file system stays what it is', () => {
  const fail = () => {
    throw new RangeError('mine');
  };
  expect(() => readFirmly('a.png', fail)).toThrow(RangeError);
});
