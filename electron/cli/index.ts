#!/usr/bin/env node
import * as engine from '../engine/index.ts';
import { runCli } from './run-cli.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

// A reader that has seen enough (`decant runs | head`) is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    if (stream === process.stdout)
      process.stderr.write(
        `decant: The result cannot be written to standard output (${error.code}); write it somewhere else.\n`,
      );
    process.exit(1);
  });

process.exitCode = await runCli(process.argv.slice(2), {
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
