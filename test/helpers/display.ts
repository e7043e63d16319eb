import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A display for windows that nobody sees. */
export interface Display {
  readonly name: string;
  stop(): void;
}

/** That of the desktop, else one of Xvfb's; null where neither is to be had. */
export async function openDisplay(): Promise<Display | null> {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY) return { name: DISPLAY ?? '', stop() {} };
  // It takes the first number that is free and writes it to the fourth stream.
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = server.stdio[3];
  if (!number) return null;
  const ready = once(number, 'data').then(([bytes]) => String(bytes).trim());
  const failed = Promise.race([once(server, 'error'), once(server, 'exit')]).then(
    () => null,
    () => null,
  );
  const name = await Promise.race([ready, failed]);
  if (name === null) return null;
  server.unref();
  process.once('exit', () => server.kill()); // Tests that are left out stop nothing.
  return { name: `:${name}`, stop: () => void server.kill() };
}
