import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as buildWithVite } from 'vite';
import { DIST, ROOT } from './files.ts';

/** WebAssembly that the page's runtimes load, by the folder that they look for it in. LiteRT's is served from its package. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  ort: [
    'onnxruntime-web/dist/ort-wasm-simd-threaded.mjs',
    'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
    'onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.mjs',
    'onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.wasm',
  ],
  tfjs: ['@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'],
};

/** The page that a phone opens, with all that it loads: nothing comes from elsewhere. */
export async function buildPhonePage(): Promise<void> {
  const outDir = join(DIST, 'phone-page');
  const litert = join(dirname(fileURLToPath(import.meta.resolve('@litertjs/core'))), '../package.json');
  const { version } = JSON.parse(await readFile(litert, 'utf8'));
  await buildWithVite({
    root: join(ROOT, 'phone'),
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    base: '/',
    define: { __LITERT_VERSION__: JSON.stringify(version) },
    // ONNX Runtime Web without its WebAssembly inside, which is copied below.
    resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'browser', 'module', 'import', 'default'] },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2000,
    },
  });
  for (const [folder, files] of Object.entries(MODULES)) {
    await mkdir(join(outDir, folder), { recursive: true });
    for (const file of files)
      await copyFile(join(ROOT, 'node_modules', file), join(outDir, folder, file.slice(file.lastIndexOf('/') + 1)));
  }
}
