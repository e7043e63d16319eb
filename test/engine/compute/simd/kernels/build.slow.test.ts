import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KERNEL_VARIANTS } from '../../../../../electron/engine/compute/simd/kernel-variants.ts';

const folder = join(import.meta.dirname, '../../../../../electron/engine/compute/simd');

it('rebuilding the kernels gives the committed bytes', () => {
  const target = mkdtempSync(join(tmpdir(), 'decant-build-test-'));
  try {
    const build = spawnSync(process.execPath, [join(folder, 'assembly/build.ts'), target], { encoding: 'utf8' });
    expect(build.stderr).toBe('');
    for (const { file } of Object.values(KERNEL_VARIANTS))
      expect(readFileSync(join(target, file)).equals(readFileSync(join(folder, file))), file).toBe(true);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
});
