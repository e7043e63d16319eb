import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';

/**
 * The role in a row, which the store keeps as a text of any kind.
 *
 * @param roles those that there are
 * @throws DecantError `store.unreadable`
 */
export function readRole<Role extends string>(role: string, roles: readonly Role[], run: RunId): Role {
  const known = roles.find((name) => name === role);
  if (known !== undefined) return known;
  throw new DecantError(
    'store.unreadable',
    `Run ${run} has a network in the role "${role}", which this Decant does not know; update Decant, or restore the home from a backup.`,
    { run, role },
  );
}
