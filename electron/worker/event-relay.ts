import type { AppEvent } from '../../shared/ipc/events.ts';
import type { StepPoint } from '../../shared/ipc/topics/runs.ts';
import type { RunEvent } from '../../shared/run/events.ts';

/** Milliseconds between two events with points of the curves. */
const INTERVAL_MS = 250;

/** Passes on to the window what one run tells: points some at once, the rest as it comes. */
export class EventRelay {
  readonly #run: string;
  readonly #emit: (event: AppEvent) => void;
  #points: StepPoint[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(run: string, emit: (event: AppEvent) => void) {
    this.#run = run;
    this.#emit = emit;
  }

  pass(event: RunEvent): void {
    switch (event.type) {
      case 'run.progressed':
      case 'run.forecast':
        return; // The state of the engine says it.
      case 'network.reshaped':
        this.#emit({ type: 'run.reshaped', run: this.#run, layers: event.layers });
        return;
      case 'steps.trained':
        this.#points.push(event.point);
        this.#timer ??= setTimeout(() => this.flush(), INTERVAL_MS);
        return;
      default:
        this.#emit({ type: 'run.told', run: this.#run, at: new Date().toISOString(), event });
    }
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const points = this.#points;
    this.#points = [];
    if (points.length > 0) this.#emit({ type: 'run.stepped', run: this.#run, points });
  }
}
