import { type AppState, MOST_RECENT } from '../../../shared/stored/app-forms.ts';
import type { JsonFile } from './json-file.ts';

/** Datasets and recipes that were opened last. */
export class RecentFiles {
  readonly #file: JsonFile<AppState>;
  readonly #onChange: (added: string | null) => void;

  constructor(file: JsonFile<AppState>, onChange: (added: string | null) => void) {
    this.#file = file;
    this.#onChange = onChange;
  }

  get paths(): readonly string[] {
    return this.#file.value.recent;
  }

  async add(path: string): Promise<void> {
    await this.#file.change({ recent: [path, ...this.paths.filter((known) => known !== path)].slice(0, MOST_RECENT) });
    this.#onChange(path);
  }

  async clear(): Promise<void> {
    await this.#file.change({ recent: [] });
    this.#onChange(null);
  }
}
