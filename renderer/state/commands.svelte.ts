import { onDestroy } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';

/** Something that can be done: found in the palette, listed on the sheet of shortcuts, reached by its keys. */
export interface Command {
  readonly id: string;
  readonly label: string;
  /** Under which heading it stands: "Go to", "Run". */
  readonly group: string;
  /** As ui/shortcut.ts reads it: "Mod+Shift+E". */
  readonly shortcut?: string;
  /** Other words that should find it. */
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

/** Offers commands for as long as the component that calls it is there. Read anew whenever the state that they use changes. */
export function provideCommands(source: () => readonly Command[]): void {
  onDestroy(commands.add(source));
}
