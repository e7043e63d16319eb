/** The kinds of references that a recipe's weights may be, rather than a path. */
export const REFERENCE_KINDS = ['run', 'catalogue'] as const;
export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

/** A reference `<kind>:<id>`, such as `run:<id>`; null for a path. */
export function parseReference(weights: string): { readonly kind: ReferenceKind; readonly id: string } | null {
  const [, named, id = ''] = /^([a-z]+):([^/\\].*)$/.exec(weights) ?? [];
  const kind = REFERENCE_KINDS.find((known) => known === named);
  return kind === undefined ? null : { kind, id };
}

/** Whether weights are those of a run or of the catalogue, rather than a file. */
export function isReference(weights: string): boolean {
  return parseReference(weights) !== null;
}
