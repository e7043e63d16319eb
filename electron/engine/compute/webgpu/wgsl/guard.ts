/**
 * Statements of an update that declare `scale`, what the gradient is multiplied by: the uniform `gradientScale`, and the
 * factor of the `guard` (see `UpdateGuard`) where there is one. Where that is 0 the update ends here.
 */
export function guardStatements(guarded: boolean, gradientScale = 'u.gradientScale'): string {
  if (!guarded) return `let scale = ${gradientScale};`;
  return `if (guard[0] == 0.0) { return; }
  let scale = ${gradientScale} * guard[0];`;
}
