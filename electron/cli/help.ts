import { listRecipeKeys } from '../../shared/run/recipe-guide.ts';
import { suggestName } from '../../shared/text/suggest-name.ts';
import { formatTable } from '../../shared/text/table.ts';
import { type Option, usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  home: { value: 'DIR', summary: 'folder of store, runs and cache (else DECANT_HOME, else the user’s data folder)' },
  'cache-limit': {
    value: 'GB',
    summary:
      'most that decoded images may take in that folder (else DECANT_CACHE_LIMIT, else 20); the longest unused go first',
  },
  json: { summary: 'print the result as JSON' },
  help: { summary: 'print this' },
};

/** @throws DecantError `usage.invalid` naming the command that was meant */
export function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command) return command;
  const meant = suggestName(
    name,
    COMMANDS.map((candidate) => candidate.name),
  );
  throw usageError(
    `There is no command "${name}"; ${meant === null ? '"decant help" lists those there are.' : `did you mean "${meant}"?`}`,
  );
}

/** Help on a command or on the recipe; on everything without a topic. */
export function formatHelp(topic?: string): string {
  if (topic === undefined) return formatOverview();
  return topic === 'recipe' ? formatRecipeHelp() : formatCommandHelp(findCommand(topic));
}

function formatOverview(): string {
  const commands = COMMANDS.map((command) => [`  decant ${command.name} ${command.synopsis}`, command.summary]);
  return [
    'Decant makes image classifiers small enough for phones.',
    '',
    formatTable([{ title: '' }, { title: '' }], commands),
    '',
    'decant help <command> explains one of them, decant help recipe every key of a recipe.',
    'Progress goes to stderr, the result to stdout. Exit status: 0 done; 1 a run failed; 2 bad usage or bad input;',
    '130 stopped with Ctrl-C, to be resumed.',
  ].join('\n');
}

function formatCommandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, option]) => [
    `  --${name}${option.value ? ` ${option.value}` : ''}`,
    option.summary,
  ]);
  return [
    ['decant', command.name, command.synopsis, '[options]'].filter((word) => word !== '').join(' '),
    '',
    command.summary,
    ...(command.details ? [command.details] : []),
    '',
    formatTable([{ title: '' }, { title: '' }], options),
  ].join('\n');
}

function formatRecipeHelp(): string {
  const keys = listRecipeKeys().flatMap(({ key, meaning, defaultValue, allowed }) => [
    `${key} = ${defaultValue}`,
    `    ${meaning}`,
    `    ${allowed[0]!.toUpperCase()}${allowed.slice(1)}.`,
  ]);
  return [
    'A recipe decides a run. It is a JSON file (--recipe FILE) with any part of it, such as',
    '  {"data": {"inputSize": 96}, "prune": {"macs": 0.5}}',
    'and --set KEY=VALUE sets one key. These are the keys with their defaults:',
    '',
    ...keys,
  ].join('\n');
}
