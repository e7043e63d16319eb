import type { AppEvent } from '../../shared/ipc/events.ts';
import type { EngineStatus, Settings } from '../../shared/ipc/topics/app.ts';
import type { RunRow } from '../../shared/ipc/topics/runs.ts';

/** What the desktop shows of runs while nobody looks at the window; Electron's is in electron-signs.ts. */
export interface Signs {
  /** On the taskbar: a share, `unknown` while it is, or none. */
  showProgress(progress: number | 'unknown' | null): void;
  /** Whether the computer must not fall asleep by itself. */
  keepAwake(on: boolean): void;
  notify(title: string, body: string, run: string): void;
}

const ENDS: Partial<Record<RunRow['state'], (name: string) => string>> = {
  finished: (name) => `${name} is finished`,
  failed: (name) => `${name} failed`,
};

/** Turns what the engine tells into signs. */
export class RunWatch {
  readonly #signs: Signs;
  readonly #settings: () => Settings;
  readonly #states = new Map<string, RunRow['state']>();
  #shown: number | 'unknown' | null = null;
  #isAwake = false;

  constructor(signs: Signs, settings: () => Settings) {
    this.#signs = signs;
    this.#settings = settings;
  }

  watch(event: AppEvent): void {
    if (event.type === 'engine.changed') this.#follow(event.status);
    else if (event.type === 'run.changed') this.#announce(event.row);
    else if (event.type === 'run.removed') this.#states.delete(event.run);
  }

  #follow({ activeRun, progress }: EngineStatus): void {
    const shown = activeRun === null ? null : progress === null ? 'unknown' : Math.round(progress * 100) / 100;
    if (shown !== this.#shown) this.#signs.showProgress(shown);
    this.#shown = shown;
    const isAtWork = activeRun !== null;
    if (isAtWork !== this.#isAwake) this.#signs.keepAwake(isAtWork);
    this.#isAwake = isAtWork;
  }

  /** Only for runs that were seen active, not for those that had ended before. */
  #announce({ id, name, state, failure, studentTop1 }: RunRow): void {
    const before = this.#states.get(id);
    this.#states.set(id, state);
    const end = ENDS[state];
    if (before !== 'running' || end === undefined || !this.#settings().notifyWhenDone) return;
    const result = studentTop1 === null ? '' : `The student has ${(studentTop1 * 100).toFixed(1)} % top-1.`;
    this.#signs.notify(end(name), failure ?? result, id);
  }
}
