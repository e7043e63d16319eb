import { LANGUAGE_VARIABLE, LANGUAGES, type Language } from '../../../shared/text/language.ts';

/** The language of what this process writes for people: that of the sources, unless the app started it in another one. */
export function readLanguage(): Language {
  return LANGUAGES.find((language) => language === process.env[LANGUAGE_VARIABLE]) ?? LANGUAGES[0];
}
