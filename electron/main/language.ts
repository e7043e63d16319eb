import { app } from 'electron';
import type { Settings } from '../../shared/ipc/topics/app.ts';
import { chooseLanguage, LANGUAGE_VARIABLE, type Language } from '../../shared/text/language.ts';

/** The language that was chosen, or that of the system. */
export function resolveLanguage({ language }: Settings): Language {
  return language === 'system' ? chooseLanguage(app.getPreferredSystemLanguages()) : language;
}

/** From now on menus and dialogs are in the language that was chosen, and so is what an engine started later writes. */
export function speakLanguage(settings: Settings): void {
  process.env[LANGUAGE_VARIABLE] = resolveLanguage(settings);
}
