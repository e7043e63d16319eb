import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPERATION_CODES } from '../../../../../electron/engine/compute/simd/operation-codes.ts';

const folder = join(import.meta.dirname, '../../../../../electron/engine/compute/simd');

it('numbers the operations as the compiled side does', () => {
  const source = readFileSync(join(folder, 'assembly/operations.ts'), 'utf8');
  const cases = [...source.matchAll(/case (\d+): (\w+)\(task\)/g)].map(([, code, name]) => [name, Number(code)]);
  expect(cases).toEqual(Object.entries(OPERATION_CODES));
});
