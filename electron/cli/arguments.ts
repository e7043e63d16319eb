import { parseArgs } from 'node:util';
import { suggestName } from '../../shared/text/suggest-name.ts';
import { DecantError } from '../engine/index.ts';

/** An option of a command: `--name VALUE`, or `--name` alone where there is no `value`. */
export interface Option {
  /** What stands for the value in the help: `DIR`. */
  value?: string;
  /** May be given several times. */
  multiple?: boolean;
  summary: string;
}

export interface ParsedArguments {
  positionals: string[];
  /** Options that were given alone. */
  flags: ReadonlySet<string>;
  /** Values of the others, in their order. */
  values: ReadonlyMap<string, readonly string[]>;
}

/**
 * Takes a command's arguments apart. Everything after `--` is positional.
 *
 * @throws DecantError `usage.invalid` for an unknown option (naming the one that was meant), a missing or needless
 * value, an option given twice
 */
export function parseArguments(args: readonly string[], options: Readonly<Record<string, Option>>): ParsedArguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [name, { type: option.value ? 'string' : 'boolean' } as const]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) throw describeUnknown(token.rawName, Object.keys(options));
    if (!option.value) {
      if (token.value !== undefined)
        throw usageError(`${token.rawName} takes no value, but was given "${token.value}".`);
      flags.add(token.name);
      continue;
    }
    if (token.value === undefined || token.value === '' || (!token.inlineValue && /^-./.test(token.value)))
      throw usageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}.`);
    const former = values.get(token.name);
    if (former && !option.multiple) throw usageError(`${token.rawName} is given twice; give it only once.`);
    if (former) former.push(token.value);
    else values.set(token.name, [token.value]);
  }
  return { positionals, flags, values };
}

export function usageError(message: string): DecantError {
  return new DecantError('usage.invalid', message);
}

/** A whole number from an option's text. @throws DecantError `usage.invalid` */
export function readInteger(name: string, text: string, { from, to }: { from: number; to: number }): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < from || value > to)
    throw usageError(`--${name} is "${text}"; allowed: a whole number from ${from} to ${to}.`);
  return value;
}

/** One of the allowed words. @throws DecantError `usage.invalid` */
export function readChoice<const T extends string>(what: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((allowed) => allowed === text);
  if (choice === undefined) throw usageError(`${what} is "${text}"; allowed: ${choices.join(', ')}.`);
  return choice;
}

function describeUnknown(rawName: string, known: readonly string[]): DecantError {
  const meant = suggestName(rawName.replace(/^-+/, ''), known);
  return usageError(
    meant === null
      ? `There is no option ${rawName}; the options are ${known.map((name) => `--${name}`).join(', ')}.`
      : `Misspelled option ${rawName} should be --${meant}.`,
  );
}
