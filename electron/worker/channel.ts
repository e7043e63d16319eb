import type { ParentPort } from 'electron';
import type { EngineMessage } from '../../shared/ipc/engine-messages.ts';

/** The way to the main process. */
export interface Channel {
  send(message: EngineMessage): void;
  /** Messages that came before are kept for the listener. */
  onMessage(listener: (message: unknown) => void): void;
  /** The main process has gone. */
  onClosed(listener: () => void): void;
}

/**
 * The channel of an Electron utility process, or of a child of `child_process.fork` with `serialization: 'advanced'`.
 *
 * @throws Error when the process was started in another way
 */
export function openChannel(): Channel {
  // Electron adds it in utility processes.
  const { parentPort } = process as { parentPort?: ParentPort };
  if (parentPort)
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) => parentPort.on('message', ({ data }) => listener(data)),
      // Electron ends a utility process with its parent.
      onClosed: () => undefined,
    };
  if (!process.send) throw new Error('Decant starts the engine itself; on the command line, use "decant".');
  return {
    send: (message) => {
      // A parent that is gone is told of by `disconnect`.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => process.on('message', listener),
    onClosed: (listener) => process.once('disconnect', listener),
  };
}
