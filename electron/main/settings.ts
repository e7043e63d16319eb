import { join } from 'node:path';
import { type Settings, settingsSchema } from '../../shared/ipc/topics/app.ts';
import { type Changes, JsonFile } from './files/json-file.ts';

/** The user's settings, kept in a file, and whoever wants to know when they change. */
export class SettingsStore {
  readonly #file: JsonFile<typeof settingsSchema>;
  readonly #listeners: ((now: Settings, before: Settings) => void)[] = [];

  private constructor(file: JsonFile<typeof settingsSchema>) {
    this.#file = file;
  }

  static async open(folder: string, warn: (message: string) => void): Promise<SettingsStore> {
    return new SettingsStore(await JsonFile.open(join(folder, 'settings.json'), settingsSchema, warn));
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
