import type { AppEvent } from '../../shared/ipc/events.ts';

/** At most so many are kept for a page that does not come. */
const MOST = 100;
/** What a page asks for itself when it comes; of these, old ones say nothing. */
const PASSING: ReadonlySet<AppEvent['type']> = new Set([
  'engine.changed',
  'run.stepped',
  'work.progressed',
  'run.told',
]);

/** The way of events to the page. Until the page has asked something, and so listens, they are kept. */
export class WindowEvents {
  #send: ((event: AppEvent) => void) | null = null;
  #kept: AppEvent[] = [];

  emit(event: AppEvent): void {
    if (this.#send) this.#send(event);
    else if (!PASSING.has(event.type) && this.#kept.length < MOST) this.#kept.push(event);
  }

  /** The page listens. */
  open(send: (event: AppEvent) => void): void {
    if (this.#send) return;
    this.#send = send;
    for (const event of this.#kept.splice(0)) send(event);
  }

  /** The page is gone, or is reloading. */
  close(): void {
    this.#send = null;
  }
}
