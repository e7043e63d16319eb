import { z } from 'zod';
import type { JsonFile } from './json-file.ts';

const MOST = 10;

/** What the app remembers of itself between two starts, besides the settings. */
export const appStateSchema = z.strictObject({
  window: z
    .strictObject({ x: z.int(), y: z.int(), width: z.int(), height: z.int(), maximized: z.boolean() })
    .nullable()
    .default(null),
  /** Paths of datasets and recipes, the last first. */
  recent: z.array(z.string()).max(MOST).default([]),
});
export type AppState = z.infer<typeof appStateSchema>;

/** Datasets and recipes that were opened last. */
export class RecentFiles {
  readonly #file: JsonFile<typeof appStateSchema>;
  readonly #onChange: (added: string | null) => void;

  constructor(file: JsonFile<typeof appStateSchema>, onChange: (added: string | null) => void) {
    this.#file = file;
    this.#onChange = onChange;
  }

  get paths(): readonly string[] {
    return this.#file.value.recent;
  }

  async add(path: string): Promise<void> {
    await this.#file.change({ recent: [path, ...this.paths.filter((known) => known !== path)].slice(0, MOST) });
    this.#onChange(path);
  }

  async clear(): Promise<void> {
    await this.#file.change({ recent: [] });
    this.#onChange(null);
  }
}
