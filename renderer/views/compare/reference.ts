import { ROLES, type Role } from '../../ui/roles.ts';
import type { Contender } from './contenders.ts';

/** What networks are compared with: the network of a role in the run of each, or one network for all. */
export type Reference = `each:${Role}` | `one:${string}`;

/** The network that another is compared with; undefined where there is none. */
export function findReference(
  reference: Reference,
  contender: Contender,
  all: readonly Contender[],
): Contender | undefined {
  const [kind, ...rest] = reference.split(':');
  const name = rest.join(':');
  return all.find(({ key }) => key === (kind === 'each' ? `${contender.run}:${name}` : name));
}

export interface ReferenceOption {
  readonly value: Reference;
  readonly label: string;
}

/** The references to choose from. `focus` is the network that the page is about. */
export function listReferences(
  shown: readonly Contender[],
  all: readonly Contender[],
  focus: string,
): ReferenceOption[] {
  const own = shown[0]?.run;
  const several = shown.some(({ run }) => run !== own);
  const roles = all.filter(({ run, key }) => run === own && key !== focus).map(({ role }) => role);
  const each = roles.map((role) => ({ value: `each:${role}` as const, label: nameEach(role, several) }));
  if (!several) return each;
  return [
    ...each,
    ...shown.map(({ key, runName, role }) => ({
      value: `one:${key}` as const,
      label: `${runName}: ${ROLES[role].label}`,
    })),
  ];
}

/** What a difference of this network is from, below its heading; null: it is itself the reference, or there is none. */
export function describeReference(
  reference: Reference,
  contender: Contender,
  all: readonly Contender[],
): string | null {
  const base = findReference(reference, contender, all);
  if (!base || base.key === contender.key) return null;
  if (base.run === contender.run) return `vs its ${ROLES[base.role].label.toLowerCase()}`;
  return `vs ${base.runName}: ${ROLES[base.role].label.toLowerCase()}`;
}

/** The reference with which a page begins. */
export const FIRST_REFERENCE: Reference = 'each:teacher';

function nameEach(role: Role, several: boolean): string {
  const { label } = ROLES[role];
  return several ? `${label} of each run` : label;
}
