import { mapRoles, ROLES as NAMES, type Role } from '../../shared/run/roles.ts';

export { ROLE_NAMES, type Role } from '../../shared/run/roles.ts';

/** One shape and one line for each network that screens compare. Its colour is the token of its own name. */
interface Mark {
  readonly symbol: 'rect' | 'triangle' | 'circle';
  /** Null: solid. */
  readonly dash: readonly [number, number] | null;
}

const MARKS: Readonly<Record<Role, Mark>> = {
  teacher: { symbol: 'rect', dash: [6, 3] },
  baseline: { symbol: 'triangle', dash: [2, 3] },
  student: { symbol: 'circle', dash: null },
};

/** The networks that every screen compares: one label and one mark each, everywhere. */
export const ROLES = mapRoles((role) => {
  const { title, short, phrase } = NAMES[role];
  return { label: title, short, phrase, ...MARKS[role] };
});
