import type { AppEvent } from '../../shared/ipc/events.ts';
import type { EngineStatus } from '../../shared/ipc/topics/app.ts';
import type { RunEvent } from '../../shared/run/events.ts';

/** Milliseconds between two events with the engine's state. */
const INTERVAL_MS = 500;

const IDLE = { activeRun: null, progress: null, remainingMs: null, imagesPerSecond: null } as const;

/** The engine's state, kept from what its run tells, and told to the window when it changes. */
export class StatusBoard {
  readonly #emit: (event: AppEvent) => void;
  readonly #countWaiting: () => number;
  #known: Pick<
    EngineStatus,
    'backend' | 'device' | 'threads' | 'imagesPerSecond' | 'activeRun' | 'progress' | 'remainingMs'
  > = { backend: null, device: null, threads: null, ...IDLE };
  #timer: NodeJS.Timeout | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(emit: (event: AppEvent) => void, countWaiting: () => number) {
    this.#emit = emit;
    this.#countWaiting = countWaiting;
  }

  read(): EngineStatus {
    return {
      state: 'ready',
      message: null,
      memoryBytes: process.memoryUsage.rss(),
      waiting: this.#countWaiting(),
      ...this.#known,
    };
  }

  /** A run begins to be worked on, or, with null, none is. */
  setActive(activeRun: string | null): void {
    this.#known = { ...this.#known, ...IDLE, activeRun };
    this.change();
  }

  /** Takes from an event of the active run what the state says of it. */
  follow(event: RunEvent): void {
    const news = readEvent(event);
    if (!news) return;
    this.#known = { ...this.#known, ...news };
    this.change();
  }

  /** Something that the state is made of has changed: tells it, now or soon. */
  change(): void {
    if (this.#timer) return;
    const wait = Math.max(0, this.#toldAt + INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#toldAt = performance.now();
      this.#emit({ type: 'engine.changed', status: this.read() });
    }, wait);
  }
}

function readEvent(event: RunEvent): Partial<EngineStatus> | null {
  switch (event.type) {
    case 'backend.chosen':
      return { backend: event.backend, device: event.device, threads: event.threads };
    case 'steps.trained':
      return { imagesPerSecond: event.point.imagesPerSecond };
    case 'stage.finished':
      return { imagesPerSecond: null };
    case 'run.forecast':
      return { progress: event.progress, remainingMs: event.remainingMs };
    default:
      return null;
  }
}
