import type { AppEvent } from '../../shared/ipc/events.ts';
import type { RunRow } from '../../shared/ipc/topics/runs.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { judgeFinishingEarly } from '../../shared/run/stages.ts';
import { DecantError, prepareForThreads, type RunBook } from '../engine/index.ts';
import { EventRelay } from './event-relay.ts';
import { RunAtWork, type RunEnd } from './run-at-work.ts';
import type { EngineSettings } from './settings.ts';
import type { StatusBoard } from './status-board.ts';

export interface RunQueueOptions {
  readonly book: RunBook;
  readonly board: StatusBoard;
  readonly settings: () => EngineSettings;
  readonly emit: (event: AppEvent) => void;
}

/** Works on runs one by one, in the order of the queue, and controls the active one. */
export class RunQueue {
  readonly #options: RunQueueOptions;
  #active: RunAtWork | null = null;
  /** Whether a run is being begun. */
  #beginning = false;
  #closed = false;
  #opened: Promise<void> | null = null;

  constructor(options: RunQueueOptions) {
    this.#options = options;
  }

  /** The active run; null: none. */
  get active(): { readonly run: string; readonly paused: boolean } | null {
    return this.#active;
  }

  /** Goes on with what a process that died left, and with those that wait; the second time it only does the latter. */
  async open(): Promise<void> {
    this.#opened ??= this.#options.book.recover();
    await this.#opened;
    await this.advance();
  }

  /** Takes in a run that was put into the queue. */
  async add(run: string): Promise<RunRow> {
    await this.advance();
    this.#options.board.change();
    return this.#tellRow(run);
  }

  /** Begins the next run if none is active. */
  async advance(): Promise<void> {
    if (this.#active || this.#beginning || this.#closed) return;
    this.#beginning = true;
    try {
      await prepareForThreads();
      const { book, board, settings } = this.#options;
      const next = this.#closed ? null : book.takeFromQueue();
      if (next === null) return;
      const relay = new EventRelay(next, this.#options.emit);
      const data = { home: book.store.home, run: next, settings: settings() };
      const active = new RunAtWork(data, (event) => this.#follow(active, relay, event));
      this.#active = active;
      book.noteAtWork({ active: next, paused: false });
      board.setActive(next);
      this.#tellRow(next);
      this.#tellQueue();
      void active.ended.then((end) => this.#conclude(active, relay, end));
    } finally {
      this.#beginning = false;
    }
  }

  /** Puts a run at the end of the queue, or lets a paused one go on. @throws DecantError `run.resume` when it is finished */
  async resume(run: string): Promise<RunRow> {
    const { book } = this.#options;
    const { state } = book.row(run);
    if (state === 'finished')
      throw new DecantError('run.resume', `The run ${run} is finished; there is nothing to resume.`, { run });
    if (state === 'paused') this.#hold(run, false);
    else if (state !== 'running' && state !== 'queued') {
      book.putInQueue(run);
      return this.add(run);
    }
    return this.#tellRow(run);
  }

  /** @throws DecantError `usage.invalid` when it is not active here */
  pause(run: string): RunRow {
    this.#requireActive(run, 'paused');
    this.#hold(run, true);
    return this.#tellRow(run);
  }

  /** Ends a run with a checkpoint, or takes it out of the queue. @throws DecantError `run.busy` when another process works on it */
  async stop(run: string): Promise<RunRow> {
    const { book } = this.#options;
    if (this.#active?.run === run) {
      this.#active.stop();
      await this.#active.ended;
    } else if (book.row(run).state === 'running')
      throw new DecantError('run.busy', `Another process is working on the run ${run}; stop it there.`, { run });
    else {
      book.leaveQueue(run);
      this.#tellQueue();
    }
    return this.#tellRow(run);
  }

  /** @throws DecantError `usage.invalid` when it is not active here, or its student has not trained yet */
  finishEarly(run: string): RunRow {
    const { book } = this.#options;
    const active = this.#requireActive(run, 'finished early');
    const { stage } = book.row(run);
    if (judgeFinishingEarly(stage) === 'too early')
      throw new DecantError(
        'usage.invalid',
        `The student of run ${run} has not been trained at all yet, so there is nothing to keep; stop the run instead, or wait for its first steps.`,
        { run, stage },
      );
    book.askToFinish(active.run);
    this.#hold(run, false);
    active.steer('finishEarly');
    return this.#tellRow(run);
  }

  /** @throws DecantError `usage.invalid` when it does not wait */
  move(run: string, position: number): void {
    const { book } = this.#options;
    if (book.row(run).state !== 'queued')
      throw new DecantError('usage.invalid', `The run ${run} is not in the queue, so it cannot be moved.`, {
        run,
      });
    book.putInQueue(run, position);
    this.#tellQueue();
  }

  /** Stops the active run with a checkpoint; unless it was paused, it continues first at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    const active = this.#active;
    if (!active) return;
    const { paused } = active;
    active.stop();
    const { state } = await active.ended;
    if (state === 'stopped' && !paused) this.#options.book.putInQueue(active.run, 1);
  }

  /** Tells the window of a run as it is now. */
  #tellRow(run: string): RunRow {
    const row = this.#options.book.row(run);
    this.#options.emit({ type: 'run.changed', row });
    return row;
  }

  /** Places in the queue have changed. */
  #tellQueue(): void {
    for (const run of this.#options.book.queue()) this.#tellRow(run);
    this.#options.board.change();
  }

  #hold(run: string, paused: boolean): void {
    const { book, board } = this.#options;
    const active = this.#active;
    if (active?.run !== run || active.paused === paused) return;
    active.paused = paused;
    active.steer(paused ? 'hold' : 'release');
    book.noteAtWork({ active: active.run, paused });
    // What is held when the process ends is not taken up unasked.
    if (paused) book.endWork(active.run);
    else book.noteProgress(active.run);
    board.change();
  }

  #requireActive(run: string, what: string): RunAtWork {
    this.#options.book.row(run); // Whether there is such a run.
    if (this.#active?.run === run) return this.#active;
    throw new DecantError('usage.invalid', `The run ${run} is not active here, so it cannot be ${what}.`, {
      run,
    });
  }

  #follow({ run }: RunAtWork, relay: EventRelay, event: RunEvent): void {
    const { book, board } = this.#options;
    relay.pass(event);
    board.follow(event);
    if (event.type === 'checkpoint.written' && !this.#active?.paused) book.noteProgress(run);
    if (CHANGES_ROW.has(event.type)) this.#tellRow(run);
  }

  async #conclude({ run }: RunAtWork, relay: EventRelay, end: RunEnd): Promise<void> {
    const { book, board } = this.#options;
    relay.flush();
    this.#active = null;
    book.noteAtWork({ active: null, paused: false });
    book.endWork(run);
    if (end.state === 'stopped') book.noteEnd(run, end);
    // One that another process works on is its to end.
    if (end.state === 'failed' && end.failure.code !== 'run.busy')
      book.noteEnd(run, { state: 'failed', failure: end.failure.message });
    board.setActive(null);
    this.#tellRow(run);
    await this.advance();
  }
}

/** After these a run's row is another. */
const CHANGES_ROW: ReadonlySet<RunEvent['type']> = new Set(['run.started', 'stage.started', 'stage.finished']);
