import type { z } from 'zod';
import {
  ENGINE_CONTRACT,
  type EngineAnswerName,
  type EngineParams,
  type EngineQuestion,
  engineMessageSchema,
} from '../../../shared/ipc/engine-messages.ts';
import type { AppEvent } from '../../../shared/ipc/events.ts';
import { explainMismatch } from '../../../shared/ipc/explain-mismatch.ts';
import type { Answer, Failure } from '../../../shared/ipc/message.ts';
import type { EngineStatus } from '../../../shared/ipc/topics/app.ts';
import { describeEnd } from '../../../shared/text/describe-end.ts';
import type { EngineProcess, StartEngine } from './engine-process.ts';

export type EngineOutput<Name extends EngineAnswerName> = z.output<(typeof ENGINE_CONTRACT)[Name]['result']>;

export interface HostOptions {
  /** Starts the process, as the settings are at the time. */
  readonly start: StartEngine;
  /** The first message to every new process. */
  configuration(): EngineParams<'engine.configure'>;
  /** Told everything that the engine tells, and how it is when it cannot tell. */
  onEvent(event: AppEvent): void;
  log(line: string): void;
  now?(): number;
  /** Milliseconds before the first, second … start after a crash; after the last quick crash it is not started again. */
  readonly backOffMs?: readonly number[];
  /** A process that lived for less crashed quickly. */
  readonly quickMs?: number;
}

interface Pending {
  readonly name: EngineAnswerName;
  settle(answer: Answer<unknown>): void;
}

const IDLE: EngineStatus = {
  state: 'starting',
  message: null,
  backend: null,
  device: null,
  threads: null,
  imagesPerSecond: null,
  memoryBytes: 0,
  activeRun: null,
  progress: null,
  remainingMs: null,
  waiting: 0,
};
/** Characters of the engine's complaints that are kept to say why it ended. */
const KEPT = 10_000;

/**
 * Keeps an engine process running: asks it, checks all that it says, and starts it again when it crashed. A question is
 * always answered, if only by `engine.lost`.
 */
export class EngineHost {
  readonly #options: HostOptions;
  readonly #now: () => number;
  readonly #backOffMs: readonly number[];
  readonly #pending = new Map<number, Pending>();
  /** Asked while there was no process. */
  #held: EngineQuestion[] = [];
  #process: EngineProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #status: EngineStatus = IDLE;
  #nextId = 0;
  #quickCrashes = 0;
  #timer: NodeJS.Timeout | null = null;
  #stopping = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#backOffMs = options.backOffMs ?? [300, 1000, 3000, 10_000];
  }

  /** As it was last told, or as the host knows better. */
  get status(): EngineStatus {
    return this.#status;
  }

  start(): void {
    this.#stopping = false;
    this.#timer = null;
    this.#tell({ ...IDLE, state: 'starting' });
    const startedAt = this.#now();
    let complaints = '';
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#process = this.#options.start({
      onMessage: (message) => this.#receive(message),
      onOutput: (text) => {
        complaints = (complaints + text).slice(-KEPT);
        this.#options.log(`engine: ${text.trimEnd()}`);
      },
      onEnd: (reason) => {
        this.#process = null;
        resolve();
        this.#recover(describeEnd(reason, complaints), this.#now() - startedAt);
      },
    });
    this.#send(this.#enter('engine.configure', this.#options.configuration(), () => this.refreshStatus()));
    for (const question of this.#held.splice(0)) this.#send(question);
  }

  /** Asks the engine how it is and tells it: after a start, or after the computer slept. */
  async refreshStatus(): Promise<void> {
    const answer = await this.ask('engine.status', {});
    if (answer.ok && !this.#stopping) this.#tell(answer.value);
  }

  ask<Name extends EngineAnswerName>(name: Name, params: EngineParams<Name>): Promise<Answer<EngineOutput<Name>>> {
    // What is settled with was checked against the result schema of this very name.
    return this.forward(name, params) as Promise<Answer<EngineOutput<Name>>>;
  }

  /** Asks with params that were checked, but whose type is not known. */
  forward(name: EngineAnswerName, params: unknown): Promise<Answer<unknown>> {
    if (this.#stopping) return Promise.resolve(fail('engine.lost', 'Decant is quitting; open it again.'));
    if (this.#status.state === 'failed' && !this.#process)
      return Promise.resolve(fail('engine.lost', this.#status.message ?? 'The engine is not running; restart it.'));
    return new Promise((resolve) => {
      const question = this.#enter(name, params, resolve);
      if (this.#process) this.#send(question);
      else this.#held.push(question);
    });
  }

  /** Lets the engine write checkpoints and ends it; after the limit it is ended as it is. It is not started again. */
  async shutDown(limitMs = 20_000): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#process) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, limitMs);
      await Promise.race([this.forward('engine.shutDown', {}), late]);
      clearTimeout(timer);
    }
    this.#stopping = true;
    this.#process?.kill();
    await this.#ended;
    this.#loseAll('The engine was stopped.');
  }

  /** Ends the engine as `shutDown` does, and starts a new one. */
  async restart(): Promise<void> {
    await this.shutDown();
    this.#quickCrashes = 0;
    this.start();
  }

  #enter(name: EngineAnswerName, params: unknown, settle: Pending['settle']): EngineQuestion {
    const id = this.#nextId++;
    this.#pending.set(id, { name, settle });
    return { id, name, params };
  }

  #send(question: EngineQuestion): void {
    try {
      this.#process?.send(question);
    } catch (error) {
      this.#settle(question.id, fail('internal', `The request "${question.name}" cannot be sent: ${error}.`));
    }
  }

  #receive(message: unknown): void {
    const parsed = engineMessageSchema.safeParse(message);
    if (!parsed.success) {
      this.#options.log(`engine: an invalid message (${explainMismatch(parsed.error)})`);
      return;
    }
    const said = parsed.data;
    if ('event' in said) {
      if (said.event.type === 'engine.changed') this.#status = said.event.status;
      this.#options.onEvent(said.event);
    } else this.#settle(said.id, said.ok ? said : { ok: false, failure: said.failure });
  }

  #settle(id: number, answer: Answer<unknown>): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (!pending) return;
    if (!answer.ok) {
      pending.settle(answer);
      return;
    }
    const checked = ENGINE_CONTRACT[pending.name].result.safeParse(answer.value);
    pending.settle(
      checked.success
        ? { ok: true, value: checked.data }
        : fail('internal', `The engine's answer to "${pending.name}" is invalid: ${explainMismatch(checked.error)}.`),
    );
  }

  #recover(reason: string, livedMs: number): void {
    if (this.#stopping) return;
    this.#options.log(`engine: ended (${reason})`);
    this.#quickCrashes = livedMs < (this.#options.quickMs ?? 30_000) ? this.#quickCrashes + 1 : 1;
    const delayMs = this.#backOffMs[this.#quickCrashes - 1];
    if (delayMs === undefined) {
      const message = `The engine stopped ${this.#quickCrashes} times in a row (${reason}); restart it in the settings.`;
      this.#tell({ ...IDLE, state: 'failed', message });
      this.#loseAll(message);
      return;
    }
    const message = `The engine stopped unexpectedly (${reason}) and is restarting.`;
    this.#tell({ ...IDLE, state: 'restarting', message });
    this.#loseAll(`${message} Try again.`);
    this.#timer = setTimeout(() => this.start(), delayMs);
  }

  #loseAll(message: string): void {
    this.#held = [];
    for (const id of [...this.#pending.keys()]) this.#settle(id, fail('engine.lost', message));
  }

  #tell(status: EngineStatus): void {
    this.#status = status;
    this.#options.onEvent({ type: 'engine.changed', status });
  }
}

function fail(code: string, message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { code, message } };
}
