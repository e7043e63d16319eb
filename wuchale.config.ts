/** Languages of the window: which strings of its sources are text for people, and where their catalogues are. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adapter as inSvelte } from '@wuchale/svelte';
import { createHeuristic, defaultHeuristicOpts, type HeuristicFunc, pofile } from 'wuchale';
import { adapter as inScripts } from 'wuchale/adapter-vanilla';
import { LANGUAGES } from './shared/text/language.ts';

const ROOT = fileURLToPath(new URL('.', import.meta.url));

/** Attributes of elements and components that are shown or read aloud, also where they begin with a small letter. */
const SHOWN = new Set([
  'alt',
  'aria-label',
  'convention',
  'description',
  'help',
  'hint',
  'label',
  'note',
  'placeholder',
  'title',
  'unit',
]);
/** Calls whose arguments are text, also where they are a single word in small letters. */
const SAYING = new Set(['formatPlural', 'meta', 'word']);
/** Calls whose arguments are never shown. */
const SILENT = [...defaultHeuristicOpts.ignoreCalls, 'closest', 'matchMedia', 'querySelector', 'querySelectorAll'];
/** Keys of keyboards, names of errors, values of style sheets, and states that processes send to each other. */
const CODE =
  /^(?:(?:Mod|Alt|Shift|Ctrl)(?:\+.*)?|Arrow\w+|Enter|Esc|Escape|Space|Delete|Backspace|Home|End|Page\w+|Tab|Mac|\w+(?:Error|Failure)|(?:minmax|rgba|var|calc)\(.*|(?:\S* )?\S*px(?: .*)?|too (?:early|late)|quantization-aware training|node .*)$/;

/** Values stand as `#` here. */
const SEVERAL_WORDS =
  /\p{L}[^\p{L}#]* [^\p{L}#]*\p{L}|#[^\p{L}#]* [^\p{L}#]*\p{L}{2}|\p{L}{2}[^\p{L}#]* [^\p{L}#]*#|^\p{L}+…$/u;

const general = createHeuristic({ ...defaultHeuristicOpts, ignoreCalls: SILENT });

/** Whether a string of the sources is text for people. */
const isText: HeuristicFunc = (message) => {
  const { scope, attribute, call, element, topLevelCall } = message.details;
  const text = message.msgStr.join('\n');
  if (!/\p{L}/u.test(text) || call?.startsWith('console.') || topLevelCall === '$inspect') return false;
  if (scope !== 'markup' && CODE.test(text)) return false;
  if (scope === 'attribute')
    return (
      attribute !== 'class' && (general(message) || (attribute !== undefined && SHOWN.has(attribute) && 'message'))
    );
  if (scope === 'markup') return general(message);
  if (call && SILENT.some((name) => call.endsWith(name))) return false;
  if (call && SAYING.has(call.split('.').at(-1) ?? '')) return 'message';
  if (element === 'path' || element === 'style') return false;
  // Of several words, one of which may be a value, or beginning with a capital letter.
  return SEVERAL_WORDS.test(text) ? 'message' : general(message);
};

/** The scripts of `shared` that the window is made of. */
export function listShared(): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const [, name] of readFileSync(path, 'utf8').matchAll(
      /from '(\.[^']+\.(?:ts|svelte))'|import\('(\.[^']+)'\)/g,
    ))
      if (name) visit(join(dirname(path), name));
  };
  visit(join(ROOT, 'renderer/App.svelte'));
  return [...found].map((path) => relative(ROOT, path)).filter((path) => path.startsWith('shared/'));
}

/** Scripts look their texts up where they use them, since many stand in tables, outside of functions. */
const lookUp = { wrapInit: (load: string) => load, wrapUse: () => "_w_load_('scripts')" };

const storage = pofile({ dir: 'locales' });

export default {
  locales: [...LANGUAGES] as [string, ...string[]],
  localesDir: 'locales',
  adapters: {
    components: inSvelte({
      files: ['renderer/**/*.svelte', 'renderer/**/*.svelte.ts'],
      loader: 'custom',
      storage,
      heuristic: isText,
    }),
    scripts: inScripts({
      files: {
        include: ['renderer/**/*.ts', ...listShared()],
        ignore: ['**/*.svelte.ts', 'renderer/main.ts', 'renderer/vite.config.ts'],
      },
      loader: 'custom',
      storage,
      heuristic: isText,
      runtime: { initReactive: () => null, useReactive: false, plain: lookUp, reactive: lookUp },
    }),
  },
};
