import { utilityProcess } from 'electron';
import type { StartEngine } from './engine-process.ts';

/** Starts the engine in a utility process, with the Node inside Electron. */
export function startInUtility({ entry, args }: { entry: string; args: readonly string[] }): StartEngine {
  return (listener) => {
    const child = utilityProcess.fork(entry, [...args], { serviceName: 'Decant engine', stdio: 'pipe' });
    child.on('message', (message) => listener.onMessage(message));
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => listener.onOutput(bytes.toString('utf8')));
    child.once('exit', (status) => listener.onEnd(`status ${status}`));
    return {
      send: (question) => child.postMessage(question),
      kill: () => void child.kill(),
    };
  };
}
