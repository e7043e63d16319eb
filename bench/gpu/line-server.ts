import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** Characters of a process's complaints that are kept. */
const KEPT = 2000;

/** A process that answers each line of JSON with one line of JSON, in order. */
export class LineServer {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #complaints = '';
  #ended = false;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT);
    });
    // A process that is gone is noticed by its end.
    this.#child.stdin!.on('error', () => undefined);
    this.#child.once('close', () => {
      this.#ended = true;
    });
  }

  /** One question at a time. @throws Error when the process ends, or does not answer within `limitMs`, which ends it */
  async ask<Answer>(question: unknown, limitMs: number): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const answer = (line: string) => {
      // Drivers may print as well.
      if (line.startsWith('{')) resolve(JSON.parse(line));
    };
    const fail = () =>
      reject(new Error(`its process ended: ${this.#complaints.trim().split('\n').at(-1) || 'no word'}`));
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${Math.round(limitMs / 1000)} s`));
      this.close();
    }, limitMs);
    this.#lines.on('line', answer);
    this.#child.once('close', fail);
    try {
      if (this.#ended) fail();
      this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#lines.off('line', answer);
      this.#child.off('close', fail);
    }
  }

  close(): void {
    this.#ended = true;
    this.#child.kill('SIGKILL');
  }
}
