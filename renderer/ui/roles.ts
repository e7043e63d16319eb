import { mapRoles, ROLES as NAMES, type Role } from '../../shared/run/roles.ts';

export { ROLE_NAMES, type Role } from '../../shared/run/roles.ts';

/** Shape and line style of a network on every screen. Its colour is the token with its name. */
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

/** The networks that every screen compares. Each has the same label and mark everywhere. */
export const ROLES = mapRoles((role) => {
  const { title, short, phrase } = NAMES[role];
  return { label: title, short, phrase, ...MARKS[role] };
});
