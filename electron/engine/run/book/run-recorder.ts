import { describeEvent } from '../../../../shared/run/event-text.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import type { StepPoint } from '../../../../shared/run/live.ts';
import { findLine, type Line } from '../../../../shared/run/stages.ts';
import type { Clock } from '../../core/clock.ts';
import type { RunId } from '../../core/ids.ts';
import {
  appendLog,
  forgetStepPoints,
  type LogLine,
  readStride,
  type Store,
  saveLayers,
  saveStepPoints,
} from '../../store/index.ts';

/** Points wait for so long to be written together, at most. */
const INTERVAL_MS = 5000;

/** Keeps what a run tells in the store: its log, its curves, and the widths of its student. */
export class RunRecorder {
  readonly #store: Store;
  readonly #run: RunId;
  readonly #clock: Clock;
  readonly #begun = new Set<Line>();
  #stride: number;
  /** Of one network, fewer than the stride. */
  #gathered: StepPoint[] = [];
  #waiting: { network: Line; point: StepPoint }[] = [];
  #writtenAt: number;

  constructor(store: Store, run: RunId, clock: Clock) {
    this.#store = store;
    this.#run = run;
    this.#clock = clock;
    this.#stride = readStride(store.db, run);
    this.#writtenAt = clock.elapsedMs();
  }

  readonly record = (event: RunEvent): void => {
    if (event.type === 'warning.raised') this.log('warning', event.message);
    else {
      const text = describeEvent(event);
      if (text !== null) this.log('info', text);
    }
    if (event.type === 'network.reshaped') saveLayers(this.#store.db, this.#run, event.layers);
    if (event.type === 'steps.trained') this.#gather(event.from, event.point);
    if (event.type === 'checkpoint.written') this.flush();
  };

  log(level: LogLine['level'], text: string): void {
    appendLog(this.#store.db, this.#run, { atMs: this.#clock.now(), level, text });
  }

  /** Writes what waits. */
  flush(): void {
    this.#writtenAt = this.#clock.elapsedMs();
    const points = this.#waiting;
    this.#waiting = [];
    if (points.length > 0) this.#stride = saveStepPoints(this.#store.db, this.#run, points);
  }

  #gather(from: number, point: StepPoint): void {
    const network = findLine(point.stage);
    if (network === null) return;
    if (!this.#begun.has(network)) {
      this.#begun.add(network);
      this.#gathered = [];
      forgetStepPoints(this.#store.db, this.#run, network, from);
    }
    this.#gathered.push(point);
    if (this.#gathered.length < this.#stride) return;
    this.#waiting.push({ network, point: joinPoints(this.#gathered) });
    this.#gathered = [];
    if (this.#clock.elapsedMs() - this.#writtenAt >= INTERVAL_MS) this.flush();
  }
}

/** Some points of one network as one: the last, with means of what varies from step to step. */
export function joinPoints(points: readonly StepPoint[]): StepPoint {
  const last = points.at(-1)!; // Nobody joins nothing.
  if (points.length === 1) return last;
  const mean = (of: (point: StepPoint) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  return {
    ...last,
    loss: mean(({ loss }) => loss),
    terms: Object.fromEntries(Object.keys(last.terms).map((name) => [name, mean(({ terms }) => terms[name] ?? 0)])),
    imagesPerSecond: mean(({ imagesPerSecond }) => imagesPerSecond),
  };
}
