import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import PO from 'pofile';
import { IndexTracker } from 'wuchale';
import { compileTranslation } from 'wuchale/compiler';
import { LANGUAGES } from '../shared/text/language.ts';
import config, { listNodeScripts } from '../wuchale.config.ts';
import { DIST, ROOT } from './files.ts';

/** Where compiled modules look their texts up. */
const LOOK_UP = 'locales/look-up.js';

/**
 * Gives the compiled modules that write reports, how-to pages, menus and dialogs their texts in every language. Which one they
 * speak is told by the environment when they do; by itself it is that of the sources.
 */
export async function translateModules(): Promise<void> {
  const index = new IndexTracker();
  const { transform } = config.adapters.scripts;
  for (const source of listNodeScripts()) {
    const path = join(DIST, source.replace(/\.ts$/, '.js'));
    const content = await readFile(path, 'utf8');
    const expr = { plain: '_w_load_()', reactive: '_w_load_()' };
    const { output, msgs } = await transform({ content, filename: source, index, expr, matchUrl: () => null });
    if (msgs.length === 0) continue;
    const from = relative(dirname(path), join(DIST, LOOK_UP)).replaceAll('\\', '/');
    const { code } = output(`import { lookUp as _w_load_ } from '${from.startsWith('.') ? from : `./${from}`}';`);
    await writeFile(path, code!); // It has messages, so there is code.
  }
  await mkdir(join(DIST, dirname(LOOK_UP)), { recursive: true });
  await copyFile(fileURLToPath(import.meta.resolve('wuchale/runtime')), join(DIST, 'locales/runtime.js'));
  await writeFile(join(DIST, LOOK_UP), writeLookUp(await compileTexts([...index.indices.keys()])));
}

/** Language → what each text is in it, in the order of the texts. */
async function compileTexts(texts: readonly string[]): Promise<Record<string, unknown[]>> {
  const compiled: Record<string, unknown[]> = {};
  for (const language of LANGUAGES) {
    const { items } = PO.parse(await readFile(join(ROOT, 'locales', `${language}.po`), 'utf8'));
    const translations = new Map(items.map(({ msgid, msgstr: [text = ''] }) => [msgid.trim(), text]));
    compiled[language] = texts.map((text) => compileTranslation(translations.get(text) || text, text));
  }
  return compiled;
}

function writeLookUp(texts: Record<string, unknown[]>): string {
  return `import { readLanguage } from '../electron/engine/core/language.js';
import toRuntime from './runtime.js';

const runtimes = new Map(Object.entries(${JSON.stringify(texts)}).map(([language, c]) => [language, toRuntime({ c }, language)]));

/** What modules get their texts from, in the language of now. */
export function lookUp() {
  return runtimes.get(readLanguage());
}
`;
}
