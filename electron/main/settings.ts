import { join } from 'node:path';
import type { Settings } from '../../shared/ipc/topics/app.ts';
import { SETTINGS_FORM } from '../../shared/stored/app-forms.ts';
import { type Changes, JsonFile } from './files/json-file.ts';

/** The user's settings, kept in a file, and whoever wants to know when they change. */
export class SettingsStore {
  readonly #file: JsonFile<Settings>;
  readonly #listeners: ((now: Settings, before: Settings) => void)[] = [];

  private constructor(file: JsonFile<Settings>) {
    this.#file = file;
  }

  static async open(folder: string, warn: (message: string) => void): Promise<SettingsStore> {
    return new SettingsStore(await JsonFile.open(join(folder, 'settings.json'), SETTINGS_FORM, warn));
  }

  get value(): Settings {
    return this.#file.value;
  }

  onChange(listener: (now: Settings, before: Settings) => void): void {
    this.#listeners.push(listener);
  }

  async change(changes: Changes<Settings>): Promise<Settings> {
    const before = this.value;
    const now = await this.#file.change(changes);
    for (const listener of this.#listeners) listener(now, before);
    return now;
  }
}
