import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENGINE_REQUESTS, REQUESTS } from '../../../shared/ipc/contract.ts';
import { ENGINE_CONTRACT, engineMessageSchema, engineQuestionSchema } from '../../../shared/ipc/engine-messages.ts';
import { appEventSchema } from '../../../shared/ipc/events.ts';
import { explainMismatch } from '../../../shared/ipc/explain-mismatch.ts';

const names = Object.keys(REQUESTS);

describe('a request', () => {
  it.each(names)('%s is named topic.verb', (name) => expect(name).toMatch(/^[a-z]+\.[a-z][A-Za-z0-9]*$/));

  it.each(Object.entries({ ...REQUESTS, ...ENGINE_REQUESTS }))(
    '%s takes an object and no key it does not know',
    (_, { params }) => {
      expect(params.safeParse('text').success).toBe(false);
      const checked = params.safeParse({ noSuchKey: 1 });
      expect(checked.success).toBe(false);
      expect(JSON.stringify(checked.error?.issues)).toContain('noSuchKey');
    },
  );

  it.each(Object.entries(REQUESTS))('%s of the window names no path', (_, { params }) => {
    const { properties = {} } = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' });
    expect(Object.keys(properties).filter((key) => /path|file|folder/i.test(key))).toEqual([]);
  });

  it('is answered by the main process or by the engine, and those with a path by the engine alone', () => {
    const engine = Object.keys(ENGINE_CONTRACT);
    expect(Object.keys(ENGINE_REQUESTS).filter((name) => names.includes(name))).toEqual([]);
    expect(engine).toEqual(expect.arrayContaining(Object.keys(ENGINE_REQUESTS)));
    const main = names.filter((name) => !engine.includes(name));
    expect(main.length).toBeGreaterThan(10);
    expect(engine.length - Object.keys(ENGINE_REQUESTS).length + main.length).toBe(names.length);
  });
});

describe('a message', () => {
  it('of the engine is an answer, a failure or an event, and nothing else', () => {
    const good = [
      { id: 1, ok: true, value: null },
      { id: 1, ok: false, failure: { code: 'run.unknown', message: 'No such run.' } },
      { event: { type: 'run.removed', run: '0123456789abcd' } },
    ];
    for (const message of good) expect(engineMessageSchema.parse(message)).toEqual(message);
    const bad = [
      null,
      {},
      { id: -1, ok: true, value: 1 },
      { id: 1, ok: false, value: 1 },
      { event: { type: 'run.gone' } },
    ];
    for (const message of bad)
      expect(engineMessageSchema.safeParse(message).success, JSON.stringify(message)).toBe(false);
    expect(engineQuestionSchema.safeParse({ id: 1, name: 'runs.list', params: {}, more: 1 }).success).toBe(false);
  });

  it('that is an event has a type and no key it does not know', () => {
    for (const option of appEventSchema.options) {
      const type = option.shape.type.value;
      expect(type).toMatch(/^[a-z]+\.[a-z]+$/);
      expect(JSON.stringify(appEventSchema.safeParse({ type, noSuchKey: 1 }).error?.issues)).toContain('noSuchKey');
    }
  });
});

it('a mismatch is told as a clause that names its place', () => {
  const schema = z.strictObject({ list: z.array(z.strictObject({ count: z.number() })) });
  const explain = (value: unknown) => explainMismatch(schema.safeParse(value).error!);
  expect(explain({ list: [{ count: 'x' }] })).toMatch(/^"list\.0\.count": .*[^.]$/);
  expect(explain(3)).toMatch(/^[^"].*[^.]$/);
  expect(explainMismatch(new z.ZodError([]))).toBe('it does not match its schema');
});
