import type { Recipe } from '../../shared/run/recipe.ts';

/** Where one can be, with what is shown there. Ids come from answers of the bridge, never from an address. */
export type Route =
  | { place: 'datasets'; dataset?: string }
  /** `from`: rerun with changes; `recipe`: one that was opened. */
  | { place: 'new-run'; dataset?: string; from?: string; recipe?: { name: string; recipe: Recipe } }
  | { place: 'runs' }
  | { place: 'run'; run: string }
  | { place: 'compare'; runs: readonly string[] }
  | { place: 'try'; run?: string }
  | { place: 'export'; run?: string }
  | { place: 'settings'; section?: string };

export type Place = Route['place'];
export type RouteOf<Name extends Place> = Extract<Route, { place: Name }>;

interface Entry {
  readonly id: number;
  readonly route: Route;
  scrollTop: number;
}

const LIMIT = 100;

class Navigation {
  #entries = $state.raw<readonly Entry[]>([{ id: 0, route: { place: 'datasets' }, scrollTop: 0 }]);
  #at = $state(0);
  #nextId = 1;
  readonly #last = new Map<Place, Route>();

  readonly #entry = $derived(this.#entries[this.#at]!);
  readonly route = $derived(this.#entry.route);
  /** Changes with every step to another entry, and stays when `replace` changes its route. */
  readonly id = $derived(this.#entry.id);
  readonly canGoBack = $derived(this.#at > 0);
  readonly canGoForward = $derived(this.#at < this.#entries.length - 1);

  /** Goes somewhere; the view there is made anew. */
  go(route: Route): void {
    this.#last.set(route.place, route);
    const entry = { id: this.#nextId++, route, scrollTop: 0 };
    this.#entries = [...this.#entries.slice(0, this.#at + 1), entry].slice(-LIMIT);
    this.#at = this.#entries.length - 1;
  }

  /** Changes what is shown here, without a step that `back` would undo; the view stays. */
  replace(route: Route): void {
    this.#last.set(route.place, route);
    this.#entries = this.#entries.map((entry) => (entry === this.#entry ? { ...entry, route } : entry));
  }

  /** Goes to a place of the rail as it was last seen; from there, to its beginning. */
  visit(place: Place): void {
    const beginning: Route = place === 'compare' ? { place, runs: [] } : ({ place } as Route); // No other place of the rail needs more.
    this.go(this.route.place === place ? beginning : (this.#last.get(place) ?? beginning));
  }

  back(): void {
    if (this.canGoBack) this.#at--;
  }

  forward(): void {
    if (this.canGoForward) this.#at++;
  }

  /** How far the view that is shown was scrolled when it was left. */
  get scrollTop(): number {
    return this.#entry.scrollTop;
  }

  keepScroll(id: number, scrollTop: number): void {
    const entry = this.#entries.find((candidate) => candidate.id === id);
    if (entry) entry.scrollTop = scrollTop;
  }
}

export const navigation = new Navigation();
