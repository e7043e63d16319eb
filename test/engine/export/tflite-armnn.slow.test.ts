import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { EXPORTERS, type ExportRequest } from '../../../electron/engine/export/index.ts';
import { quantizeNetwork } from '../../../electron/engine/quantize/quantize-network.ts';
import { networks } from './networks.ts';
import { drawBatches, requestOf } from './samples.ts';

// Arm NN reads every file of 32-bit floats and of 8-bit integers. Its release in Debian cannot read 16-bit weights: it wants weights to be constants.

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

async function toIntegers(request: ExportRequest): Promise<ExportRequest> {
  await startCompute({ backend: 'cpu' });
  const { plan } = await quantizeNetwork({ ...request, batches: drawBatches(request.network, [2]) });
  await stopCompute();
  return { ...request, precision: 'int8', quantization: plan };
}

test.skipIf(!isInstalled())('a second reader parses every file (skipped without python3-pyarmnn)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'decant-armnn-'));
  try {
    const names = [...Object.keys(networks), 'mobilenet-v3-small'];
    const paths = names.map((_, i) => join(folder, `${i}.tflite`));
    for (const [i, name] of names.entries()) {
      const request = requestOf(networks[name]!, name);
      const last = i === names.length - 1;
      await writeFile(paths[i]!, EXPORTERS.tflite.write(last ? await toIntegers(request) : request));
    }
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
