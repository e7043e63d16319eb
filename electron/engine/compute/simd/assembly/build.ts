// Compiles the kernels three times: without relaxed SIMD (fused multiply-add), with it, and with it and tiles of twice
// the width, for engines that join 128-bit operations to 256-bit ones. `npm run build:kernels` writes the modules
// beside runtime.ts; a folder as argument writes them there.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateDepthwise } from './depthwise-template.ts';
import { generateElementwise } from './elementwise-template.ts';
import { generateTiles } from './tile-template.ts';

/** The most that the memory may grow to, in 64 KiB pages: all that 32-bit addresses reach. */
const MAXIMUM_PAGES = '65536';

const VARIANTS = [
  { file: 'kernels-wide.wasm', tileRows: 6, tileColumns: 16, features: ['relaxed-simd'] },
  { file: 'kernels-relaxed.wasm', tileRows: 6, tileColumns: 8, features: ['relaxed-simd'] },
  { file: 'kernels.wasm', tileRows: 4, tileColumns: 8, features: [] },
];

const here = import.meta.dirname;
const target = resolve(process.argv[2] ?? join(here, '..'));
const compiler = join(fileURLToPath(import.meta.resolve('assemblyscript/asc')), '..', '..', 'bin', 'asc.js');

for (const { file, tileRows, tileColumns, features } of VARIANTS) {
  const folder = mkdtempSync(join(tmpdir(), 'decant-kernels-'));
  try {
    cpSync(here, folder, { recursive: true });
    writeFileSync(join(folder, 'tiles.ts'), generateTiles(tileRows, tileColumns));
    writeFileSync(join(folder, 'elementwise-loops.ts'), generateElementwise());
    writeFileSync(join(folder, 'depthwise-loops.ts'), generateDepthwise());
    const options = [
      ...['index.ts', '--outFile', 'kernels.wasm'],
      ...['simd', 'threads', 'bulk-memory', ...features].flatMap((feature) => ['--enable', feature]),
      ...['--runtime', 'stub', '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', MAXIMUM_PAGES],
      ...['-O3', '--noAssert', '--use', 'abort='],
    ];
    const result = spawnSync(process.execPath, [compiler, ...options], { cwd: folder, encoding: 'utf8' });
    if (result.status !== 0) {
      process.stderr.write(result.stdout + result.stderr);
      process.exitCode = 1;
      break;
    }
    cpSync(join(folder, 'kernels.wasm'), join(target, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
