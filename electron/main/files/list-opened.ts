import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Paths of the files that a command line opens: those with the app's extension, whatever else a system or Electron puts
 * there. Desktops may name a file by its address (`file:///…`).
 */
export function listOpened(argv: readonly string[], cwd: string): string[] {
  return argv
    .slice(1)
    .filter((argument) => !argument.startsWith('-'))
    .flatMap((argument) => (argument.startsWith('file:') ? readAddress(argument) : [resolve(cwd, argument)]))
    .filter((path) => /[.]decant$/i.test(path));
}

/** The path that an address of a file stands for; none where it is that of another machine. */
function readAddress(address: string): string[] {
  try {
    return [fileURLToPath(address)];
  } catch {
    return [];
  }
}
