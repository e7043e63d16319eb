import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  defineForm,
  describeNewer,
  type JsonObject,
  readStored,
  upgradeFrom,
  upgradeStored,
  writeStored,
} from '../../../shared/stored/form.ts';

/** Version 1 has `size` in centimetres, version 2 in metres, version 3 calls it `height`. */
const TREE = defineForm({
  name: 'tree',
  schema: z.strictObject({ species: z.string(), height: z.number().default(1) }),
  upgrades: [
    (json) => (typeof json.size === 'number' ? { ...json, size: json.size / 100 } : json),
    ({ size, ...json }) => (size === undefined ? json : { ...json, height: size }),
  ],
});
const NAMES = defineForm({
  name: 'names',
  schema: z.array(z.string()),
  upgrades: [({ value }) => ({ value: Array.isArray(value) ? value.map(String) : value })],
  wrapped: true,
});
const OAK = { species: 'oak', height: 12 };

/** As it is read back from a file. */
const stored = (value: JsonObject): unknown => JSON.parse(JSON.stringify(value));

/** An object that throws where it is changed. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) freeze(part);
  return value;
}

describe('a form', () => {
  it('has one version more than it has upgrades', () => {
    expect(TREE.version).toBe(3);
    expect(defineForm({ name: 'new', schema: z.object() }).version).toBe(1);
  });

  it('is written with its version first', () => {
    expect(JSON.stringify(writeStored(TREE, OAK))).toBe('{"version":3,"species":"oak","height":12}');
    expect(readStored(TREE, stored(writeStored(TREE, OAK)))).toEqual({ ok: true, value: OAK });
  });

  it.each([
    ['without a version, which is 1', { species: 'oak', size: 1200 }],
    ['of version 1', { version: 1, species: 'oak', size: 1200 }],
    ['of version 2', { version: 2, species: 'oak', size: 12 }],
    ['of version 3', { version: 3, species: 'oak', height: 12 }],
  ])('is read where it is %s', (_, json) => {
    expect(readStored(TREE, freeze(json))).toEqual({ ok: true, value: OAK });
  });

  it('fills in what its schema has a default for', () => {
    expect(readStored(TREE, { species: 'oak' })).toEqual({ ok: true, value: { species: 'oak', height: 1 } });
  });

  it('is refused where it is newer, with both versions', () => {
    const reading = readStored(TREE, { version: 4, leaves: 3 });
    expect(reading).toEqual({ ok: false, why: 'newer', form: 'tree', version: 4, newest: 3 });
    expect(describeNewer('Run x', reading as Extract<typeof reading, { why: 'newer' }>)).toBe(
      'Run x was made by a newer version of Decant (tree version 4; this one reads up to 3); update Decant to open it.',
    );
  });

  it.each([
    ['a wrong value', { version: 3, species: 7 }, /^"species": /],
    ['an unknown key', { version: 3, species: 'oak', leaves: 3 }, /leaves/],
    ['a key of an older version', { version: 3, species: 'oak', size: 1200 }, /size/],
    ['a list', [1], /expected an object/],
    ['null', null, /expected an object/],
    ['a text', 'oak', /expected an object/],
    [
      'a version that is none',
      { version: 'two', species: 'oak' },
      /"version" is "two", expected a whole number from 1/,
    ],
    ['version 0', { version: 0, species: 'oak' }, /"version" is 0/],
    ['version 1.5', { version: 1.5, species: 'oak' }, /"version" is 1.5/],
    ['version null', { version: null, species: 'oak' }, /"version" is null/],
  ])('is invalid with %s', (_, json, details) => {
    expect(readStored(TREE, json)).toEqual({
      ok: false,
      why: 'invalid',
      form: 'tree',
      details: expect.stringMatching(details),
    });
  });

  it('is invalid where an upgrade fails, which then says why', () => {
    const fails = defineForm({
      name: 'tree',
      schema: z.object(),
      upgrades: [
        () => {
          throw new Error('no roots');
        },
      ],
    });
    expect(readStored(fails, {})).toMatchObject({
      why: 'invalid',
      details: expect.stringMatching(/version 1.*no roots/),
    });
  });

  it('is upgraded without being checked, so that parts may be missing', () => {
    expect(upgradeStored(TREE, { size: 300 })).toEqual({ ok: true, value: { height: 3 } });
    expect(upgradeStored(TREE, { version: 4 })).toMatchObject({ why: 'newer' });
    expect(upgradeFrom(TREE, 2, { size: 3 })).toEqual({ ok: true, value: { height: 3 } });
    expect(upgradeFrom(TREE, 9, {})).toMatchObject({ why: 'newer', version: 9 });
  });

  it('keeps a key that is called __proto__ for the schema to refuse', () => {
    const reading = upgradeStored(TREE, JSON.parse('{"version": 3, "__proto__": {"species": "oak"}}'));
    expect(reading.ok && Object.keys(reading.value)).toEqual(['__proto__']);
  });
});

describe('a form whose value is no object', () => {
  it('is written within an object', () => {
    expect(writeStored(NAMES, ['a', 'b'])).toEqual({ version: 2, value: ['a', 'b'] });
    expect(readStored(NAMES, stored(writeStored(NAMES, ['a'])))).toEqual({ ok: true, value: ['a'] });
  });

  it('is read alone, as version 1 wrote it', () => {
    expect(readStored(NAMES, [1, 'b'])).toEqual({ ok: true, value: ['1', 'b'] });
    expect(readStored(NAMES, { version: 1, value: [1] })).toEqual({ ok: true, value: ['1'] });
  });

  it.each([
    [
      { version: 3, value: [] },
      { why: 'newer', version: 3 },
    ],
    [{ version: 2, value: [1] }, { why: 'invalid' }],
    [{ version: 2 }, { why: 'invalid' }],
    [{ a: 1 }, { why: 'invalid' }],
    ['a', { why: 'invalid' }],
  ])('refuses %j', (json, reading) => {
    expect(readStored(NAMES, json)).toMatchObject({ ok: false, ...reading });
  });
});

describe('a form that has the version among its keys', () => {
  const report = defineForm({
    name: 'report',
    schema: z.strictObject({ version: z.literal(2), title: z.string() }),
    upgrades: [({ name, ...json }) => ({ ...json, title: name })],
    keepsVersion: true,
  });

  it('is written and read with it, the newest one', () => {
    const value = { title: 'oaks', version: 2 } as const;
    expect(JSON.stringify(writeStored(report, value))).toBe('{"title":"oaks","version":2}');
    expect(readStored(report, writeStored(report, value))).toEqual({ ok: true, value });
    expect(readStored(report, { version: 1, name: 'oaks' })).toEqual({ ok: true, value });
  });
});
