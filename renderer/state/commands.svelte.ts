import { onDestroy } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';

/** An action, listed in the palette and, if it has a shortcut, on the sheet of shortcuts. */
export interface Command {
  readonly id: string;
  readonly label: string;
  /** Its heading: "Go to", "Run". */
  readonly group: string;
  /** In the form of ui/shortcut.ts: "Mod+Shift+E". */
  readonly shortcut?: string;
  /** Other keys that do the same, for those who are used to them. */
  readonly aliases?: readonly string[];
  /** More words that find it in the palette. */
  readonly keywords?: string;
  readonly disabled?: boolean;
  run(): void | Promise<void>;
}

class Commands {
  readonly #sources = new SvelteSet<() => readonly Command[]>();
  readonly all = $derived([...this.#sources].flatMap((source) => source()));

  add(source: () => readonly Command[]): () => void {
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }
}

export const commands = new Commands();

/** Offers commands while the calling component exists. `source` is read again whenever the state that it uses changes. */
export function provideCommands(source: () => readonly Command[]): void {
  onDestroy(commands.add(source));
}
