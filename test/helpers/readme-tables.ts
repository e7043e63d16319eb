import { formatHelp } from '../../electron/cli/help.ts';
import { ERRORS } from '../../electron/engine/core/errors.ts';
import { listRecipeKeys } from '../../shared/run/recipe-guide.ts';

/** Parts of the README that are drawn from the sources, by the name in their marks `<!-- name -->` … `<!-- /name -->`. */
export const README_TABLES: Readonly<Record<string, () => string>> = {
  commands: () => `\`\`\`text\n${formatHelp()}\n\`\`\``,
  recipe: () =>
    [
      '| key | default | meaning | allowed |',
      '|---|---|---|---|',
      ...listRecipeKeys().map(
        (key) => `| \`${key.key}\` | \`${key.defaultValue}\` | ${key.meaning} | ${key.allowed} |`,
      ),
    ].join('\n'),
  errors: () =>
    [
      '| code | exit status | meaning |',
      '|---|---|---|',
      ...Object.entries(ERRORS).map(([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`),
    ].join('\n'),
};

/** The README with its drawn parts as the sources have them now. Throws where a mark is missing. */
export function updateReadme(readme: string): string {
  return Object.entries(README_TABLES).reduce((text, [name, draw]) => {
    const pattern = new RegExp(`(<!-- ${name} -->\\n)[^]*?(\\n<!-- /${name} -->)`);
    if (!pattern.test(text)) throw new Error(`README.md has no marks for ${name}.`);
    return text.replace(pattern, (_, begin: string, end: string) => begin + draw() + end);
  }, readme);
}
