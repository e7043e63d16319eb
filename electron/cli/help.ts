import { listRecipeKeys } from '../../shared/run/recipe-guide.ts';
import { suggestName } from '../../shared/text/suggest-name.ts';
import { formatTable } from '../../shared/text/table.ts';
import { type Option, usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  home: {
    value: 'DIR',
    summary: 'folder for the store, runs and cache (default: DECANT_HOME, or the user’s data folder)',
  },
  'cache-limit': {
    value: 'GB',
    summary:
      'most disk space for decoded images (default: DECANT_CACHE_LIMIT, or 20); the least recently used are deleted first',
  },
  json: { summary: 'print the result as JSON' },
  help: { summary: 'show this help' },
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
    `There is no command "${name}"; ${meant === null ? '"decant help" lists all commands.' : `did you mean "${meant}"?`}`,
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
    '"decant help <command>" explains a command, "decant help recipe" every recipe key.',
    'Progress goes to stderr, the result to stdout. Exit status: 0 success; 1 a run failed; 2 bad usage or bad input;',
    '130 stopped with Ctrl-C (the run can be resumed).',
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
    'A recipe describes a run. Give it, or part of it, as a JSON file (--recipe FILE) such as',
    '  {"data": {"inputSize": 96}, "prune": {"macs": 0.5}}',
    'and set single keys with --set KEY=VALUE. These are all keys and their defaults:',
    '',
    ...keys,
  ].join('\n');
}
