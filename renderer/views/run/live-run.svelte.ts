import type { AppEvent } from '../../../shared/ipc/events.ts';
import type { AppRun, RunHistory, RunRow, StepPoint } from '../../../shared/ipc/topics/runs.ts';
import { describeEvent } from '../../../shared/run/event-text.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { LayerWidth } from '../../../shared/run/live.ts';
import type { Cut, EpochMetrics } from '../../../shared/run/report.ts';
import type { Search } from '../../../shared/run/search.ts';
import type { Stage } from '../../../shared/run/stages.ts';
import { ask, on } from '../../bridge.ts';
import { Resource } from '../../state/resource.svelte.ts';
import { runs } from '../../state/runs.svelte.ts';
import { Curves } from './curves.svelte.ts';

export type LogLine = RunHistory['log'][number];
type Told = Extract<AppEvent, { type: 'run.told' }>;
type Backend = Pick<Extract<RunEvent, { type: 'backend.chosen' }>, 'backend' | 'device' | 'threads' | 'reason'>;

const LOG_LIMIT = 2000;
/** Milliseconds between two updates of the curves. */
const INTERVAL_MS = 500;
/** Judged networks between two questions for those before them. */
const CANDIDATES_BETWEEN = 5;

/** One run as its page shows it: its stored history and its live events. */
export class LiveRun {
  readonly id: string;
  /** Loaded together with the history. */
  readonly detail = new Resource<AppRun>();
  curves = $state.raw(new Curves());
  epochs = $state.raw<readonly EpochMetrics[]>([]);
  layers = $state.raw<readonly LayerWidth[]>([]);
  /** Those made so far. */
  cuts = $state.raw<readonly Cut[]>([]);
  /** The networks that its search has judged so far; null: none. */
  search = $state.raw<Search | null>(null);
  log = $state.raw<readonly LogLine[]>([]);
  /** Number of epochs that each started stage announced. */
  told = $state.raw<Partial<Record<Stage, number>>>({});
  backend = $state.raw<Backend | null>(null);
  /** Whether it was deleted while it was shown. */
  gone = $state(false);
  #points: StepPoint[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Events that arrived while the history was loading. */
  #early: Told[] | null = null;

  constructor(id: string) {
    this.id = id;
  }

  get row(): RunRow | null {
    return runs.find(this.id) ?? this.detail.value?.row ?? null;
  }

  /** Shows the run and follows it. Returns a function that stops it. */
  open(): () => void {
    const stops = [
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
      for (const stop of stops) stop();
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

  #take({ epochs, cuts, steps, layers, search, log }: RunHistory): void {
    const curves = new Curves();
    curves.addSteps(steps);
    curves.addEpochs(epochs);
    this.curves = curves;
    this.epochs = epochs;
    this.cuts = cuts;
    this.layers = layers;
    this.search = search;
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
    // Resumed from a checkpoint: what came after it is discarded and will be reported again.
    if (event.type === 'run.started' && event.resumed) void this.load();
    if (event.type === 'backend.chosen') this.backend = event;
    if (event.type === 'stage.started') this.told = { ...this.told, [event.stage]: event.epochs };
    if (event.type === 'epoch.finished') this.#addEpoch(event.metrics);
    if (event.type === 'cut.made') this.cuts = [...this.cuts.filter(({ cut }) => cut !== event.cut.cut), event.cut];
    if (event.type === 'candidate.judged') this.#addCandidate(event);
    this.#write(told);
  }

  #addEpoch(metrics: EpochMetrics): void {
    const known = this.epochs.some(({ stage, epoch }) => stage === metrics.stage && epoch === metrics.epoch);
    if (known) return;
    this.epochs = [...this.epochs, metrics];
    this.curves.addEpochs([metrics]);
  }

  #addCandidate({ number, candidate }: Extract<RunEvent, { type: 'candidate.judged' }>): void {
    const { search } = this;
    const known = search?.candidates.length ?? 0;
    if (search && number === known + 1) this.search = { ...search, candidates: [...search.candidates, candidate] };
    // What came before it is kept now and then: until then nothing is shown.
    else if (number > known && number % CANDIDATES_BETWEEN === 0) void this.#reloadSearch();
  }

  async #reloadSearch(): Promise<void> {
    const { search } = await ask('runs.history', { run: this.id }).catch(() => ({ search: null }));
    if (search && search.candidates.length > (this.search?.candidates.length ?? 0)) this.search = search;
  }

  #write({ at, event }: Told): void {
    const text = describeEvent(event);
    // The history may already contain it.
    if (text === null || this.log.slice(-20).some((line) => line.text === text && at <= addSeconds(line.at, 5))) return;
    const level = event.type === 'warning.raised' ? 'warning' : 'info';
    this.log = [...this.log.slice(1 - LOG_LIMIT), { at, level, text }];
  }

  /** Reloads a run that has ended, for its results or its failure. */
  #follow(row: RunRow): void {
    const known = this.detail.value?.row.state;
    if (known && known !== row.state && !['running', 'paused', 'queued'].includes(row.state)) void this.load();
  }
}

const addSeconds = (at: string, seconds: number): string => new Date(Date.parse(at) + 1000 * seconds).toISOString();
