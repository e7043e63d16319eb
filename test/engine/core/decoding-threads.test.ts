import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';

const ENGINE = new URL('../../../electron/engine/index.ts', import.meta.url);

/** Threads that libuv starts once the engine is loaded and work is waiting for them. */
function countThreads(environment: NodeJS.ProcessEnv): number {
  const script = `
    await import(${JSON.stringify(ENGINE)});
    const { pbkdf2 } = await import('node:crypto');
    const { readdirSync } = await import('node:fs');
    const count = () => readdirSync('/proc/self/task').length;
    const before = count();
    await Promise.all(Array.from({ length: 20 }, () => new Promise((done) => pbkdf2('a', 'b', 1000, 32, 'sha1', done))));
    console.log(count() - before);
  `;
  const options = { encoding: 'utf8', env: { ...process.env, ...environment } } as const;
  return Number(spawnSync(process.execPath, ['--input-type=module', '-e', script], options).stdout);
}

it.runIf(process.platform === 'linux')(
  'the engine decodes in as many threads as there are cores, or as it is told',
  () => {
    expect(countThreads({ UV_THREADPOOL_SIZE: undefined })).toBe(Math.max(4, availableParallelism()));
    expect(countThreads({ UV_THREADPOOL_SIZE: '7' })).toBe(7);
  },
);
