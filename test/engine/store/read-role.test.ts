import { expect, it } from 'vitest';
import type { RunId } from '../../../electron/engine/core/ids.ts';
import { readRole } from '../../../electron/engine/store/read-role.ts';
import { ROLE_NAMES } from '../../../shared/run/roles.ts';

const RUN = '1m8m0s0ytp7frw' as RunId; // Any run's.

it('takes every role of the table, and refuses others in one sentence', () => {
  for (const role of ROLE_NAMES) expect(readRole(role, ROLE_NAMES, RUN)).toBe(role);
  expect(() => readRole('rival', ROLE_NAMES, RUN)).toThrow(
    expect.objectContaining({
      code: 'store.unreadable',
      message: expect.stringMatching(/^Run 1m8m0s0ytp7frw has a network in the role "rival", .*; update Decant/),
    }),
  );
});
