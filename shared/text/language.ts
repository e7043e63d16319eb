/** Languages of the window; the first is that of the sources. */
export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Names, in the environment, the language of what a process writes for people: the app's engine is started with it. */
export const LANGUAGE_VARIABLE = 'DECANT_LANGUAGE';

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
