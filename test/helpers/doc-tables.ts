import { formatHelp } from '../../electron/cli/help.ts';
import { ERRORS } from '../../electron/engine/core/errors.ts';
import { METHOD_NAMES, METHODS } from '../../shared/run/methods.ts';
import { listRecipeKeys } from '../../shared/run/recipe-guide.ts';
import { LINES, STAGE_NAMES, STAGES } from '../../shared/run/stages.ts';

/** The parts of each document that are drawn from the sources, by the name in their marks `<!-- name -->` … `<!-- /name -->`. */
export const DOC_TABLES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'docs/commands.md': { commands: () => `\`\`\`text\n${formatHelp()}\n\`\`\`` },
  'docs/recipe.md': {
    methods: () =>
      drawTable(
        ['method', 'in the app', 'meaning', 'default weight'],
        METHOD_NAMES.map((name) => [
          code(name),
          METHODS[name].title,
          METHODS[name].meaning,
          code(METHODS[name].weight),
        ]),
      ),
    stages: () =>
      drawTable(
        ['stage', 'trains', 'what happens'],
        STAGE_NAMES.map((name) => {
          const { line, meaning } = STAGES[name];
          return [code(name), line ? LINES[line].title : '', meaning];
        }),
      ),
    recipe: () =>
      drawTable(
        ['key', 'default', 'meaning', 'allowed'],
        listRecipeKeys().map((key) => [code(key.key), code(key.defaultValue), key.meaning, key.allowed]),
      ),
  },
  'docs/errors.md': {
    errors: () =>
      drawTable(
        ['code', 'exit status', 'meaning'],
        Object.entries(ERRORS).map(([name, { status, meaning }]) => [code(name), String(status), meaning]),
      ),
  },
};

/** A document with its drawn parts as the sources have them now. Throws where a mark is missing. */
export function updateDoc(path: string, text: string): string {
  return Object.entries(DOC_TABLES[path] ?? {}).reduce((updated, [name, draw]) => {
    const pattern = new RegExp(`(<!-- ${name} -->\\n)[^]*?(\\n<!-- /${name} -->)`);
    if (!pattern.test(updated)) throw new Error(`${path} has no marks for ${name}.`);
    return updated.replace(pattern, (_, begin: string, end: string) => begin + draw() + end);
  }, text);
}

function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function code(value: unknown): string {
  return `\`${value}\``;
}
