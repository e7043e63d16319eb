import { type ParsedArguments, usageError } from './arguments.ts';

/** All positional arguments, one at least. @throws DecantError `usage.invalid` */
export function takeSeveral({ positionals }: ParsedArguments, name: string): string[] {
  if (positionals.length === 0 || positionals.includes('')) throw missingError(name);
  return positionals;
}

function missingError(name: string): Error {
  return usageError(`<${name}> is missing; add it to the command.`);
}

/** The positional arguments by their names in the help, all wanted. @throws DecantError `usage.invalid` */
export function takePositionals<const Names extends readonly string[]>(
  { positionals }: ParsedArguments,
  names: Names,
): { [K in keyof Names]: string } {
  // An empty argument is a variable of the shell that was not set.
  const missing = names.find((_, i) => (positionals[i] ?? '') === '');
  if (missing !== undefined) throw missingError(missing);
  const tooMany = positionals[names.length];
  if (tooMany !== undefined)
    throw usageError(
      `"${tooMany}" is one argument too many; expected: ${names.map((name) => `<${name}>`).join(' ') || 'none'}.`,
    );
  return positionals as { [K in keyof Names]: string }; // As many as names: checked above.
}
