import { fork } from 'node:child_process';
import type { EngineQuestion } from '../../../shared/ipc/engine-messages.ts';

/** A running engine process, however it was started. */
export interface EngineProcess {
  send(question: EngineQuestion): void;
  /** Ends it at once. */
  kill(): void;
}

export interface ProcessListener {
  onMessage(message: unknown): void;
  /** What it wrote to stdout or stderr. */
  onOutput(text: string): void;
  /** Told once; `reason` is a clause. */
  onEnd(reason: string): void;
}

/** Starts an engine process. What it does not manage it tells as an end. */
export type StartEngine = (listener: ProcessListener) => EngineProcess;

export interface NodeEngineOptions {
  /** Path of the Node that runs it. */
  readonly node: string;
  /** The engine's entry, a path outside of archives. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Starts the engine with another Node than the app's own. */
export function startWithNode({ node, entry, args, env = process.env }: NodeEngineOptions): StartEngine {
  return (listener) => {
    const child = fork(entry, args, {
      execPath: node,
      execArgv: [],
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let ended = false;
    const end = (reason: string): void => {
      if (!ended) listener.onEnd(reason);
      ended = true;
    };
    child.on('message', (message) => listener.onMessage(message));
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => listener.onOutput(text));
    child.once('error', (error) => end(`${node} does not start: ${error.message}`));
    child.once('close', (status, signal) => end(signal === null ? `status ${status}` : `signal ${signal}`));
    return {
      // One that is ending is told of by `close`.
      send: (question) => void child.send(question, () => undefined),
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
