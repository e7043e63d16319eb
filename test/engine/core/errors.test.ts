import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DecantError, ERRORS, type ErrorCode } from '../../../electron/engine/core/errors.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const codes = Object.keys(ERRORS) as ErrorCode[]; // Keys of a constant.

/** All product sources but the table itself, as one text. */
const sources = ['electron', 'shared']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith('.ts') && !path.endsWith(join('core', 'errors.ts')))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'));

describe('the table of errors', () => {
  it.each(codes)('%s is thrown somewhere', (code) => {
    expect(sources.some((text) => text.includes(`'${code}'`))).toBe(true);
  });

  it('has sentences for people', () => {
    for (const code of codes) expect(ERRORS[code].meaning, code).toMatch(/^[A-Z].{10,}\.$/);
  });
});

it('a DecantError keeps its code, facts and cause, and knows its exit status', () => {
  const cause = new Error('below');
  const error = new DecantError('training.diverged', 'The loss is NaN.', { epoch: 3 }, { cause });
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.status, error.details, error.cause]).toEqual([
    'DecantError',
    'training.diverged',
    1,
    { epoch: 3 },
    cause,
  ]);
  expect(new DecantError('recipe.invalid', 'x').status).toBe(2);
  expect(new DecantError('run.stopped', 'x').status).toBe(130);
});
