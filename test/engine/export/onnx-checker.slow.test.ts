import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { EXPORTERS, type ExportRequest } from '../../../electron/engine/export/index.ts';
import { quantizeNetwork } from '../../../electron/engine/quantize/index.ts';
import { networks } from './networks.ts';
import { drawBatches, requestOf } from './samples.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('check-onnx.py', import.meta.url));

function isInstalled(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import onnx'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function toIntegers(request: ExportRequest): Promise<ExportRequest> {
  const { plan } = await quantizeNetwork({ ...request, batches: drawBatches(request.network, [2]) });
  return { ...request, precision: 'int8', quantization: plan };
}

test.skipIf(!isInstalled())(
  'ONNX’s own checker and shape inference accept every file (skipped without python3-onnx)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'decant-onnx-'));
    await startCompute({ backend: 'simd', threads: 1 });
    try {
      const requests: ExportRequest[] = [];
      for (const [name, network] of Object.entries(networks)) {
        const request = requestOf(network, name);
        requests.push(request, { ...request, precision: 'fp16' });
      }
      for (const name of ['mobilenet-v2', 'mobilenet-v3-small'])
        requests.push(await toIntegers(requestOf(networks[name]!, name)));
      const paths = requests.map((_, i) => join(folder, `${i}.onnx`));
      for (const [i, request] of requests.entries()) await writeFile(paths[i]!, EXPORTERS.onnx.write(request));
      const lines = execFileSync(PYTHON, [SCRIPT, ...paths])
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      expect(lines.map((line) => JSON.parse(line))).toEqual(
        requests.map(({ network }) => ({ output: ['batch', network.classes], unknown: [] })),
      );
    } finally {
      await stopCompute();
      await rm(folder, { recursive: true });
    }
  },
  120_000,
);
