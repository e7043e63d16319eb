import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { HALF, roundWeights } from '../../../electron/engine/export/round-weights.ts';
import { expectedLogits, networks } from './networks.ts';
import { readZip } from './read-zip.ts';

// A second reader of Core ML packages, written in Python from the format's public description: it checks and computes them.

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('run-coreml.py', import.meta.url));

function isInstalled(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Answers {
  readonly logits: number[][];
  readonly probabilities: Record<string, number>[];
}

test.skipIf(!isInstalled())(
  'a second reader checks every package and computes what the network computes (skipped without Python’s numpy)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'decant-coreml-'));
    try {
      const cases = Object.keys(networks).flatMap((name) =>
        (['fp32', 'fp16'] as const).map((precision) => {
          const whole = expectedLogits(name);
          const held =
            precision === 'fp32' ? whole : expectedLogits(name, { alter: (request) => roundWeights(request, HALF) });
          return { ...held, request: { ...whole.request, precision }, place: '' };
        }),
      );
      for (const [i, each] of cases.entries()) {
        each.place = join(folder, String(i));
        for (const [name, content] of Object.entries(await readZip(EXPORTERS.coreml.write(each.request)))) {
          await mkdir(dirname(join(each.place, name)), { recursive: true });
          await writeFile(join(each.place, name), content);
        }
        await writeFile(join(each.place, 'pixels.bin'), each.pixels);
        await writeFile(join(each.place, 'classes.json'), JSON.stringify(each.request.classes));
      }
      const lines = execFileSync(PYTHON, [SCRIPT, ...cases.map(({ place }) => place)])
        .toString()
        .trim()
        .split('\n');
      expect(lines).toHaveLength(cases.length);
      for (const [i, { logits, range, request }] of cases.entries()) {
        const answers: Answers = JSON.parse(lines[i]!);
        // Of 16 bits are also the sixth in a hard swish, and such.
        const bound = (request.precision === 'fp32' ? 1e-5 : 2e-3) * range;
        for (const [at, value] of answers.logits.flat().entries())
          expect(Math.abs(value - logits[at]!)).toBeLessThan(bound);
        expect(answers.logits.flat()).toHaveLength(logits.length);
        for (const [image, row] of answers.logits.entries()) {
          const sum = row.reduce((total, value) => total + Math.exp(value), 0);
          for (const [label, name] of request.classes.entries())
            expect(answers.probabilities[image]![name]).toBeCloseTo(Math.exp(row[label]!) / sum, 9);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  120_000,
);
