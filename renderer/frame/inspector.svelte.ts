import { MediaQuery } from 'svelte/reactivity';

class Inspector {
  /** Whether the view has something for it all the time, not only what was just chosen. */
  standing = $state(false);
  #beside = $state(true);
  #over = $state(false);
  /** It lies over the content then. */
  readonly #narrow = new MediaQuery('max-width: 720px');
  readonly #waits = $derived(this.standing && this.#narrow.current);

  get open(): boolean {
    return this.#waits ? this.#over : this.#beside;
  }

  toggle(): void {
    if (this.#waits) this.#over = !this.#over;
    else this.#beside = !this.#beside;
  }

  /** Opens it, for what was just chosen. */
  show(): void {
    if (!this.open) this.toggle();
  }

  /** Another view begins; what is always there lies over no content unasked. */
  begin(standing: boolean): void {
    this.standing = standing;
    this.#over = false;
  }
}

/** Whether the panel on the right is shown where a view has something for it. */
export const inspector = new Inspector();
