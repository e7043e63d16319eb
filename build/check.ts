/** `npm run check`: the static checks, as many at a time as there are cores; `node build/check.ts NAME …` runs some. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { limitParallel } from '../electron/engine/core/limit-parallel.ts';
import { ROOT } from './files.ts';

/** Each check's command, the longest first. */
const CHECKS: Readonly<Record<string, string>> = {
  types: 'tsc -b',
  window: 'svelte-check --tsconfig renderer/tsconfig.svelte.json --output human --fail-on-warnings',
  layers: 'depcruise --config .dependency-cruiser.cjs electron shared renderer phone test bench build',
  lint: 'biome check --error-on-warnings .',
};

const PATH = [join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(CHECKS);
const unknown = names.find((name) => !Object.hasOwn(CHECKS, name));
if (unknown !== undefined) {
  console.error(`There is no check "${unknown}"; there are ${Object.keys(CHECKS).join(', ')}.`);
  process.exit(2);
}
const inTurn = limitParallel(availableParallelism());
const passed = await Promise.all(names.map((name) => inTurn(() => runCheck(name, CHECKS[name]!))));
process.exitCode = passed.every(Boolean) ? 0 : 1;

/** Runs a command and prints what it says once it has ended; gives whether it passed. */
async function runCheck(name: string, command: string): Promise<boolean> {
  const started = performance.now();
  const child = spawn(command, {
    shell: true,
    cwd: ROOT,
    env: { ...process.env, PATH, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const [status] = await once(child, 'close');
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${status === 0 ? 'passed' : 'FAILED'}: ${name}, ${seconds} s: ${command}`);
  if (status !== 0) console.log(said.trimEnd());
  return status === 0;
}
