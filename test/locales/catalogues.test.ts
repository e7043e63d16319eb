import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import PO from 'pofile';
import { describe, expect, it } from 'vitest';
import { IndexTracker, type Message } from 'wuchale';
import { listFiles, ROOT } from '../../build/files.ts';
import { chooseLanguage, LANGUAGES } from '../../shared/text/language.ts';
import config, { listNodeScripts, listShared } from '../../wuchale.config.ts';

/** Every text of the window's sources, as a translator sees it, and where it stands. */
async function findTexts(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const paths = [...(await listFiles('renderer')), ...new Set([...listShared(), ...listNodeScripts()])];
  for (const filename of paths) {
    const inComponent = /\.svelte(\.ts)?$/.test(filename);
    if (!inComponent && (!filename.endsWith('.ts') || /^renderer\/(main|vite\.config)\.ts$/.test(filename))) continue;
    const { transform } = config.adapters[inComponent ? 'components' : 'scripts'];
    const { msgs } = await transform({
      content: readFileSync(join(ROOT, filename), 'utf8'),
      filename,
      index: new IndexTracker(),
      expr: { plain: 'plain', reactive: 'reactive' },
      matchUrl: () => null,
    });
    for (const { msgStr } of msgs as Message[]) texts.set(msgStr[0]!, filename);
  }
  return texts;
}

function readCatalogue(language: string): Map<string, string> {
  const { items } = PO.parse(readFileSync(join(ROOT, 'locales', `${language}.po`), 'utf8'));
  return new Map(items.filter(({ obsolete }) => !obsolete).map(({ msgid, msgstr: [text = ''] }) => [msgid, text]));
}

const listMarks = (text: string) => (text.match(/\{\d+\}|<\/?\d+\/?>/g) ?? []).sort();

describe('the catalogue of', async () => {
  const texts = await findTexts();

  it.each(LANGUAGES)('%s has every text of the window, and no other', (language) => {
    const catalogue = readCatalogue(language);
    expect(texts.size).toBeGreaterThan(1000);
    const known = new Set([...catalogue.keys()].map((text) => text.trim()));
    const missing = [...texts].filter(([text]) => !known.has(text.trim()));
    expect(missing, '"npm run texts" adds them; then translate them').toEqual([]);
    const unused = [...catalogue.keys()].filter((text) => !texts.has(text));
    expect(unused, '"npm run texts" takes them out').toEqual([]);
  });

  it.each(LANGUAGES)('%s translates every text, with the same values and elements in it', (language) => {
    for (const [text, translation] of readCatalogue(language)) {
      expect(translation.trim(), text).not.toBe('');
      expect(listMarks(translation), text).toEqual(listMarks(text));
    }
  });

  it('English is what the sources say', () => {
    for (const [text, translation] of readCatalogue('en')) expect(translation).toBe(text);
  });

  it('Chinese has Chinese sentences, with Chinese punctuation', () => {
    const catalogue = readCatalogue('zh-CN');
    for (const [text, translation] of catalogue) expect(translation, text).not.toMatch(/[\u4e00-\u9fff][,;:!?]/);
    const sentences = [...catalogue].filter(([text]) => /^\p{Lu}\p{Ll}+ \p{L}+ .*\.$/u.test(text));
    expect(sentences.length).toBeGreaterThan(300);
    for (const [text, translation] of sentences) expect(translation, text).toMatch(/[\u4e00-\u9fff]/);
  });
});

describe('the language', () => {
  it('is the first of the person’s that there is, whatever the region', () => {
    expect(chooseLanguage(['fr-FR', 'zh-Hans-SG', 'en-GB'])).toBe('zh-CN');
    expect(chooseLanguage(['en-AU', 'zh-CN'])).toBe('en');
    expect(chooseLanguage(['fr'])).toBe('en');
    expect(chooseLanguage([])).toBe('en');
  });
});
