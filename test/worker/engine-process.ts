import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { EngineAnswerName, EngineParams } from '../../shared/ipc/engine-messages.ts';
import { ENGINE_CONTRACT, engineMessageSchema } from '../../shared/ipc/engine-messages.ts';
import type { AppEvent, AppEventType } from '../../shared/ipc/events.ts';
import type { Answer } from '../../shared/ipc/message.ts';

const ENTRY = new URL('../../electron/worker/index.ts', import.meta.url);

type EventOf<Type extends AppEventType> = Extract<AppEvent, { type: Type }>;
type ResultOf<Name extends EngineAnswerName> = ReturnType<(typeof ENGINE_CONTRACT)[Name]['result']['parse']>;

/** A real engine process, as the app's main process has one. Every message that it sends is checked. */
export class EngineProcess {
  readonly events: AppEvent[] = [];
  readonly child: ChildProcess;
  /** What it wrote to stderr. */
  complaints = '';
  readonly #waiting = new Map<number, (answer: Answer<unknown>) => void>();
  readonly #watchers = new Set<() => void>();
  #next = 1;

  constructor(home: string) {
    this.child = fork(ENTRY, ['--home', home], { serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
    this.child.on('message', (message) => this.#receive(message));
  }

  /** Sends anything at all. */
  post(message: unknown): void {
    this.child.send(message as object); // What cannot be sent throws.
  }

  ask(name: string, params: unknown): Promise<Answer<unknown>> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.post({ id, name, params });
    });
  }

  /** The answer to a request that is expected to succeed. */
  async request<Name extends EngineAnswerName>(name: Name, params: EngineParams<Name>): Promise<ResultOf<Name>> {
    const answer = await this.ask(name, params);
    if (!answer.ok) throw new Error(`${name}: ${answer.failure.code}: ${answer.failure.message}`);
    return ENGINE_CONTRACT[name].result.parse(answer.value) as ResultOf<Name>; // Parsed by that name's schema.
  }

  /** The failure of a request that is expected to fail. */
  async refusal(name: string, params: unknown): Promise<{ code: string; message: string }> {
    const answer = await this.ask(name, params);
    if (answer.ok) throw new Error(`${name} was answered: ${JSON.stringify(answer.value)}`);
    return answer.failure;
  }

  /** The first event of a type, past or to come, that meets a condition. */
  async waitFor<Type extends AppEventType>(
    type: Type,
    condition: (event: EventOf<Type>) => boolean = () => true,
    from = 0,
  ): Promise<EventOf<Type>> {
    for (;;) {
      const found = this.events
        .slice(from)
        .find((event): event is EventOf<Type> => event.type === type && condition(event as EventOf<Type>)); // By its type.
      if (found) return found;
      await new Promise<void>((resolve) => {
        const watcher = () => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  #receive(message: unknown): void {
    const checked = engineMessageSchema.parse(message);
    if ('event' in checked) {
      this.events.push(checked.event);
      for (const watcher of [...this.#watchers]) watcher();
      return;
    }
    const { id, ...answer } = checked;
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }
}
