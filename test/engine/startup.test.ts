import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ENGINE = new URL('../../electron/engine/index.ts', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Says which modules the engine's public face loads before anything is asked of it. */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  await import(${JSON.stringify(ENGINE)});
  process.stdout.write(JSON.stringify(loaded));
`;

it('loads neither the libraries for numbers and images nor what computes until it is asked, as the main process must not', () => {
  const loaded = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], { cwd: ROOT, encoding: 'utf8' }),
  ) as string[]; // Written by the script.
  expect(loaded.length).toBeGreaterThan(5);
  expect(
    loaded.filter((url) => /tensorflow|sharp|onnxruntime|better-sqlite3|engine\/(compute|model|data)\//.test(url)),
  ).toEqual([]);
});
