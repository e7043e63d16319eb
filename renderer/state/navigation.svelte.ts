import type { Recipe } from '../../shared/run/recipe.ts';

/** A place in the app and what it shows. Ids come from the bridge's answers, never from a URL. */
export type Route =
  | { place: 'datasets'; dataset?: string }
  /** `from`: a run to run again with changes; `recipe`: a recipe that was opened. */
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
  /** Changes with every move to another entry, but not when `replace` changes the route. */
  readonly id = $derived(this.#entry.id);
  readonly canGoBack = $derived(this.#at > 0);
  readonly canGoForward = $derived(this.#at < this.#entries.length - 1);

  /** Whether nothing was gone to since the start. */
  get isFresh(): boolean {
    return this.#nextId === 1;
  }

  /** Goes to a route and creates its view anew. */
  go(route: Route): void {
    this.#last.set(route.place, route);
    const entry = { id: this.#nextId++, route, scrollTop: 0 };
    this.#entries = [...this.#entries.slice(0, this.#at + 1), entry].slice(-LIMIT);
    this.#at = this.#entries.length - 1;
  }

  /** Changes the current route without adding an entry to go back to; the view stays. */
  replace(route: Route): void {
    this.#last.set(route.place, route);
    this.#entries = this.#entries.map((entry) => (entry === this.#entry ? { ...entry, route } : entry));
  }

  /** Goes to a place on the rail as it was last shown or, if it is already open, to its start. */
  visit(place: Place): void {
    const start: Route = place === 'compare' ? { place, runs: [] } : ({ place } as Route); // No other place of the rail needs more.
    this.go(this.route.place === place ? start : (this.#last.get(place) ?? start));
  }

  back(): void {
    if (this.canGoBack) this.#at--;
  }

  forward(): void {
    if (this.canGoForward) this.#at++;
  }

  /** How far the current view was scrolled when it was last left. */
  get scrollTop(): number {
    return this.#entry.scrollTop;
  }

  keepScroll(id: number, scrollTop: number): void {
    const entry = this.#entries.find((candidate) => candidate.id === id);
    if (entry) entry.scrollTop = scrollTop;
  }
}

export const navigation = new Navigation();
