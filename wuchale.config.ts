/** Languages of the window: which strings of its sources are text for people, and where their catalogues are. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adapter as inSvelte } from '@wuchale/svelte';
import { type Adapter, createHeuristic, defaultHeuristicOpts, type HeuristicFunc, pofile } from 'wuchale';
import { adapter as inScripts, Transformer } from 'wuchale/adapter-vanilla';
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
  /^(?:(?:Mod|Alt|Shift|Ctrl)(?:\+.*)?|Arrow\w+|Enter|Esc|Escape|Space|Delete|Backspace|Home|End|Page\w+|Tab|Mac|\w+(?:Error|Failure)|(?:minmax|rgba|var|calc)\(.*|(?:\S* )?\S*px(?: .*)?|too (?:early|late)|quantization-aware training|node .*|CmdOrCtrl|# hollow|M# .*|default-src .*|expected .format.: .*|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$/;

/** Values stand as `#` here. */
const SEVERAL_WORDS =
  /\p{L}[^\p{L}#]* [^\p{L}#]*\p{L}|#[^\p{L}#]* [^\p{L}#]*\p{L}{2}|\p{L}{2}[^\p{L}#]* [^\p{L}#]*#|^\p{L}+…$/u;

const general = createHeuristic({ ...defaultHeuristicOpts, ignoreCalls: SILENT });

/** Whether a string of the sources is text for people. */
const isText: HeuristicFunc = (message) => {
  const { scope, attribute, call, element, topLevelCall } = message.details;
  const text = message.msgStr.join('\n');
  if (!/\p{L}/u.test(text) || call?.startsWith('console.') || topLevelCall === '$inspect') return false;
  if (scope !== 'markup' && (CODE.test(text) || /<\/?[a-z!]|^\s*for \(/.test(text))) return false; // Templates of HTML hold texts, but are none.
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

/** Scripts outside of the window whose texts are shown by the app: reports, how-to pages, menus and dialogs. */
const NODE_SCRIPTS = [
  'electron/engine/export/use-page/copy-script.ts',
  'electron/engine/export/use-page/write-use-page.ts',
  'electron/engine/run/results/report-html.ts',
  'electron/engine/run/results/report-html/heat-map.ts',
  'electron/engine/run/results/report-html/line-chart.ts',
  'electron/engine/run/results/report-html/phones.ts',
  'electron/engine/run/results/report-html/search.ts',
  'electron/engine/run/results/report-html/sections.ts',
  'electron/engine/run/results/report-html/sensitivity.ts',
  'electron/engine/run/results/report-html/width-chart.ts',
  'electron/main/closing.ts',
  'electron/main/electron-desktop.ts',
  'electron/main/menu.ts',
  'electron/main/run-watch.ts',
];

/** The scripts of `shared` that these are made of. */
export function listShared(entries: readonly string[] = ['renderer/App.svelte', ...NODE_SCRIPTS]): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/from '(\.[^']+\.(?:ts|svelte))'/g))
      if (name) visit(join(dirname(path), name));
  };
  for (const entry of entries) visit(join(ROOT, entry));
  return [...found]
    .map((path) => relative(ROOT, path).replaceAll('\\', '/'))
    .filter((path) => path.startsWith('shared/'));
}

/** All of these outside of the window. */
export function listNodeScripts(): string[] {
  return [...listShared(NODE_SCRIPTS), ...NODE_SCRIPTS];
}

/** Scripts look their texts up where they use them, since many stand in tables, outside of functions. */
const lookUp = { wrapInit: (load: string) => load, wrapUse: () => "_w_load_('scripts')" };
const atUse = { initReactive: () => null, useReactive: false, plain: lookUp, reactive: lookUp };

/** Tagged templates make HTML: they are no texts, but what is put into them may be. */
class ScriptTransformer extends Transformer {
  override visitTaggedTemplateExpression = (node: { quasi: { expressions: Parameters<Transformer['visit']>[0][] } }) =>
    node.quasi.expressions.flatMap((expression) => this.visit(expression));
}

const storage = pofile({ dir: 'locales' });

const adapters: Record<'components' | 'scripts', Adapter> = {
  components: inSvelte({
    files: ['renderer/**/*.svelte', 'renderer/**/*.svelte.ts'],
    loader: 'custom',
    storage,
    heuristic: isText,
  }),
  scripts: {
    ...inScripts({
      files: {
        include: ['renderer/**/*.ts', ...listShared(), ...NODE_SCRIPTS],
        ignore: ['**/*.svelte.ts', 'renderer/main.ts', 'renderer/vite.config.ts'],
      },
      loader: 'custom',
      storage,
      heuristic: isText,
      runtime: atUse,
    }),
    transform: ({ content, filename, index, expr, matchUrl }: Parameters<Adapter['transform']>[0]) =>
      new ScriptTransformer(content, filename, index, isText, [], expr, atUse, matchUrl).transform(),
  },
};

export default { locales: [...LANGUAGES] as [string, ...string[]], localesDir: 'locales', adapters };
