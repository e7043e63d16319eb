import { word } from '../text/language.ts';
/** The two networks that a recipe describes, and may name weights for. */
export const RECIPE_NETWORKS = ['teacher', 'student'] as const;
export type RecipeNetwork = (typeof RECIPE_NETWORKS)[number];

interface RoleEntry {
  /** For headings and legends. */
  readonly title: string;
  /** The same where space is tight. */
  readonly short: string;
  /** The same in a sentence, after "the". */
  readonly phrase: string;
  /** Which of the recipe's networks it is, before any cut. */
  readonly network: RecipeNetwork;
}

/** The networks that a run measures and every view compares, in the order in which they are shown. */
export const ROLES = {
  teacher: { title: 'Teacher', short: 'Teacher', phrase: word('teacher'), network: 'teacher' },
  baseline: { title: 'Full student', short: 'Full', phrase: 'full student', network: 'student' },
  student: { title: 'Compressed student', short: 'Compressed', phrase: 'compressed student', network: 'student' },
} as const satisfies Readonly<Record<string, RoleEntry>>;

export type Role = keyof typeof ROLES;

/** In the order in which they are shown. */
export const ROLE_NAMES = Object.keys(ROLES) as readonly Role[]; // The keys written above, in their order.

/** Something for each role, made in their order. */
export function mapRoles<T>(make: (role: Role) => T): Record<Role, T> {
  return Object.fromEntries(ROLE_NAMES.map((role) => [role, make(role)])) as Record<Role, T>; // One entry for each role.
}
