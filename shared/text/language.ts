/** Languages of the window; the first is that of the sources. */
export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language for people who prefer these, best first: tags such as `zh-Hans-SG`. */
export function chooseLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const [primary] = tag.toLowerCase().split('-');
    const found = LANGUAGES.find((language) => language.split('-')[0] === primary);
    if (found) return found;
  }
  return LANGUAGES[0];
}

/** Marks a word in small letters as text that is shown, so that it is translated. */
export function word(text: string): string {
  return text;
}
