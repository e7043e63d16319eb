import type { AppEvent } from '../../../shared/ipc/events.ts';
import type { AppRun, RunHistory, RunRow, StepPoint } from '../../../shared/ipc/topics/runs.ts';
import { describeEvent } from '../../../shared/run/event-text.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { LayerWidth } from '../../../shared/run/live.ts';
import type { EpochMetrics } from '../../../shared/run/report.ts';
import type { Stage } from '../../../shared/run/stages.ts';
import { ask, on } from '../../bridge.ts';
import { Resource } from '../../state/resource.svelte.ts';
import { runs } from '../../state/runs.svelte.ts';
import { Curves } from './curves.svelte.ts';

export type LogLine = RunHistory['log'][number];
type Told = Extract<AppEvent, { type: 'run.told' }>;
type Backend = Pick<Extract<RunEvent, { type: 'backend.chosen' }>, 'backend' | 'device' | 'threads' | 'reason'>;

const LOG_LIMIT = 2000;
/** Milliseconds between two drawings of what came. */
const INTERVAL_MS = 500;

/** One run as its page shows it: what is known of it, and what it tells while it works. */
export class LiveRun {
  readonly id: string;
  /** With the history taken in. */
  readonly detail = new Resource<AppRun>();
  curves = $state.raw(new Curves());
  epochs = $state.raw<readonly EpochMetrics[]>([]);
  layers = $state.raw<readonly LayerWidth[]>([]);
  log = $state.raw<readonly LogLine[]>([]);
  /** How many epochs the stages said that they train. */
  told = $state.raw<Partial<Record<Stage, number>>>({});
  backend = $state.raw<Backend | null>(null);
  /** It was deleted while it was shown. */
  gone = $state(false);
  #points: StepPoint[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What came while the history was being asked for. */
  #early: Told[] | null = null;

  constructor(id: string) {
    this.id = id;
  }

  get row(): RunRow | null {
    return runs.find(this.id) ?? this.detail.value?.row ?? null;
  }

  /** Shows the run and follows it, until the function that is given is called. */
  open(): () => void {
    const ends = [
      on('run.stepped', ({ run, points }) => {
        if (run === this.id) this.#gather(points);
      }),
      on('run.told', (told) => {
        if (told.run === this.id) this.#hear(told);
      }),
      on('run.reshaped', ({ run, layers }) => {
        if (run === this.id) this.layers = layers;
      }),
      on('run.changed', ({ row }) => {
        if (row.id === this.id) this.#follow(row);
      }),
      on('run.removed', ({ run }) => {
        if (run === this.id) this.gone = true;
      }),
    ];
    void this.load();
    return () => {
      clearTimeout(this.#timer);
      for (const end of ends) end();
    };
  }

  async load(): Promise<void> {
    this.#early = [];
    await this.detail.load(async () => {
      const [run, history] = await Promise.all([
        ask('runs.show', { run: this.id }),
        ask('runs.history', { run: this.id }),
      ]);
      this.#take(history);
      return run;
    });
    const early = this.#early ?? [];
    this.#early = null;
    for (const told of early) this.#hear(told);
  }

  #take({ epochs, steps, layers, log }: RunHistory): void {
    const curves = new Curves();
    curves.addSteps(steps);
    curves.addEpochs(epochs);
    this.curves = curves;
    this.epochs = epochs;
    this.layers = layers;
    this.log = log;
  }

  #gather(points: readonly StepPoint[]): void {
    this.#points.push(...points);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#early) return this.#gather([]);
      const gathered = this.#points;
      this.#points = [];
      this.curves.addSteps(gathered);
    }, INTERVAL_MS);
  }

  #hear(told: Told): void {
    if (this.#early) {
      this.#early.push(told);
      return;
    }
    const { event } = told;
    // Taken up from a checkpoint: what came after that is forgotten, and told again.
    if (event.type === 'run.started' && event.resumed) void this.load();
    if (event.type === 'backend.chosen') this.backend = event;
    if (event.type === 'stage.started') this.told = { ...this.told, [event.stage]: event.epochs };
    if (event.type === 'epoch.finished') this.#addEpoch(event.metrics);
    this.#write(told);
  }

  #addEpoch(metrics: EpochMetrics): void {
    const known = this.epochs.some(({ stage, epoch }) => stage === metrics.stage && epoch === metrics.epoch);
    if (known) return;
    this.epochs = [...this.epochs, metrics];
    this.curves.addEpochs([metrics]);
  }

  #write({ at, event }: Told): void {
    const text = describeEvent(event);
    // The engine may have kept it just before the history was read.
    if (text === null || this.log.slice(-20).some((line) => line.text === text && at <= addSeconds(line.at, 5))) return;
    const level = event.type === 'warning.raised' ? 'warning' : 'info';
    this.log = [...this.log.slice(1 - LOG_LIMIT), { at, level, text }];
  }

  /** A run that ended has results, or a failure in its log. */
  #follow(row: RunRow): void {
    const known = this.detail.value?.row.state;
    if (known && known !== row.state && !['running', 'paused', 'queued'].includes(row.state)) void this.load();
  }
}

const addSeconds = (at: string, seconds: number): string => new Date(Date.parse(at) + 1000 * seconds).toISOString();
