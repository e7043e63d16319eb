import { configDefaults, defineConfig } from 'vitest/config';
import { inEnglish } from './renderer/vite.config.ts';

const { plugins = [] } = inEnglish;
const SLOW = 'test/**/*.slow.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    // Native libraries and shared WebAssembly memory do not like to be unloaded in the middle of a process.
    isolate: true,
    maxWorkers: 2,
    projects: [
      // `npm test`: needs nothing but npm's packages.
      {
        extends: true,
        plugins, // Tests of the window's parts import Svelte's files.
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, SLOW],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // `npm run test:full`: needs another program (a browser, Electron, Python), or takes long.
      {
        extends: true,
        test: { name: 'slow', include: [SLOW], testTimeout: 180_000, hookTimeout: 180_000 },
      },
    ],
  },
});
