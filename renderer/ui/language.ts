import { LANGUAGES, type Language } from '../../shared/text/language.ts';

const asked = new URLSearchParams(globalThis.location?.search).get('language');

/** The language that the page was opened in. Another one opens it anew. */
export const language: Language = LANGUAGES.find((each) => each === asked) ?? LANGUAGES[0];

/** Tag for `Intl`: the person's own variant of the language, such as `en-GB`, where the system names one. */
export const region: string =
  navigator.languages.find((tag) => tag.split('-')[0] === language.split('-')[0]) ?? language;
