import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';

export type ProbePlace = 'process' | 'thread';

/** A probe at work. */
export interface StartedProbe {
  kill(): void;
  /** How it ended, a clause. */
  readonly ended: Promise<string>;
}

export interface ProbeListener {
  /** Electron's programs start no process as Node would: there a probe is a thread, and a crash is the whole engine's. */
  readonly place?: ProbePlace | undefined;
  onMessage(message: unknown): void;
  onComplaint(text: string): void;
}

/** Starts a module as a probe with one argument. */
export function startProbe(entry: URL, argument: string, listener: ProbeListener): StartedProbe {
  const place = listener.place ?? (process.versions.electron === undefined ? 'process' : 'thread');
  return place === 'process' ? startProcess(entry, argument, listener) : startThread(entry, argument, listener);
}

function startProcess(entry: URL, argument: string, { onMessage, onComplaint }: ProbeListener): StartedProbe {
  const child = fork(entry, [argument], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  child.on('message', onMessage);
  child.stderr?.setEncoding('utf8').on('data', onComplaint);
  return {
    kill: () => void child.kill('SIGKILL'),
    ended: new Promise((resolve) => {
      child.once('error', (error) => resolve(`its process does not start: ${error.message}`));
      child.once('close', (status, signal) =>
        resolve(signal === null ? `its process ended with status ${status}` : `its process was ended by ${signal}`),
      );
    }),
  };
}

function startThread(entry: URL, argument: string, { onMessage, onComplaint }: ProbeListener): StartedProbe {
  const thread = new Worker(entry, { argv: [argument], execArgv: [], stdout: true, stderr: true });
  thread.on('message', onMessage);
  thread.stderr.setEncoding('utf8').on('data', onComplaint);
  return {
    kill: () => void thread.terminate(),
    ended: new Promise((resolve) => {
      thread.once('error', (error) => resolve(`its thread failed: ${error.message.replace(/[.]$/, '')}`));
      thread.once('exit', (status) => resolve(`its thread ended with status ${status}`));
    }),
  };
}
