#!/usr/bin/env node
import * as engine from '../engine/index.ts';
import { runCli } from './run-cli.ts';

/** SIGHUP: the terminal was closed, or the connection to it lost. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// Who shows the progress may go (`2>&1 | head -1`, a closed terminal): the work itself goes on.
process.stderr.on('error', () => undefined);
let unwritten = false;
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return; // A reader that has seen enough (`decant runs | head`) is no failure.
  unwritten = true;
  process.exitCode = 1;
  process.stderr.write(`decant: The result cannot be written to standard output (${code}); write it somewhere else.\n`);
});

const status = await runCli(process.argv.slice(2), {
  engine,
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  onInterrupt(listener) {
    for (const signal of SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    };
  },
  now: () => performance.now(),
  exit: (status) => process.exit(status),
});
process.exitCode = unwritten ? 1 : status;
