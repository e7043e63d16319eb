import { MediaQuery } from 'svelte/reactivity';

class Inspector {
  /** Whether the view always has content for it, not only about a selection. */
  standing = $state(false);
  #beside = $state(true);
  #over = $state(false);
  /** In a narrow window it covers the content. */
  readonly #narrow = new MediaQuery('max-width: 720px');
  readonly #waits = $derived(this.standing && this.#narrow.current);

  get open(): boolean {
    return this.#waits ? this.#over : this.#beside;
  }

  toggle(): void {
    if (this.#waits) this.#over = !this.#over;
    else this.#beside = !this.#beside;
  }

  /** Opens it for something the user just selected. */
  show(): void {
    if (!this.open) this.toggle();
  }

  /** Resets it for another view; a standing inspector never covers the content on its own. */
  begin(standing: boolean): void {
    this.standing = standing;
    this.#over = false;
  }
}

/** Whether the panel on the right is open in views that have one. */
export const inspector = new Inspector();
