import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { networks } from './networks.ts';
import { requestOf } from './samples.ts';

// Arm NN reads every float32 file. Its release in Debian cannot read 16-bit weights: it wants weights to be constants.

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('parse-with-armnn.py', import.meta.url));

function isInstalled(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import pyarmnn'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!isInstalled())('a second reader parses every file (skipped without python3-pyarmnn)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'decant-armnn-'));
  try {
    const names = Object.keys(networks);
    const paths = names.map((_, i) => join(folder, `${i}.tflite`));
    for (const [i, name] of names.entries())
      await writeFile(paths[i]!, EXPORTERS.tflite.write(requestOf(networks[name]!, name)));
    const lines = execFileSync(PYTHON, [SCRIPT, ...paths], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      names.map((name) => ({
        inputs: ['image'],
        outputs: ['logits'],
        shape: [1, ...networks[name]!.inputSize, 3],
      })),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
