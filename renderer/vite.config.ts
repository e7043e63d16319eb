import { fileURLToPath } from 'node:url';
import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, mergeConfig } from 'vite';
import { wuchale } from 'wuchale/vite';

/** What else is made of the window's parts: its texts stay as they stand in the sources. */
export const inEnglish = defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [svelte({ configFile: false, preprocess: vitePreprocess(), compilerOptions: { runes: true } })],
  // The page's policy forbids inline scripts and styles, so nothing may be inlined; it is loaded from app:// or file paths, so
  // addresses are relative.
  build: {
    outDir: fileURLToPath(new URL('../dist/renderer', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome130',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
});

/** The window, in all languages. */
export default mergeConfig(
  { plugins: [wuchale({ configPath: fileURLToPath(new URL('../wuchale.config.ts', import.meta.url)) })] },
  inEnglish,
);
