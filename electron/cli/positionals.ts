import { type ParsedArguments, usageError } from './arguments.ts';

/** The positional arguments by their names in the help, all wanted. @throws DecantError `usage.invalid` */
export function takePositionals<const Names extends readonly string[]>(
  { positionals }: ParsedArguments,
  names: Names,
): { [K in keyof Names]: string } {
  // An empty argument is a variable of the shell that was not set.
  const missing = names.find((_, i) => (positionals[i] ?? '') === '');
  if (missing !== undefined) throw usageError(`<${missing}> is missing; add it to the command.`);
  const tooMany = positionals[names.length];
  if (tooMany !== undefined)
    throw usageError(
      `"${tooMany}" is one argument too many; expected: ${names.map((name) => `<${name}>`).join(' ') || 'none'}.`,
    );
  return positionals as { [K in keyof Names]: string }; // As many as names: checked above.
}
