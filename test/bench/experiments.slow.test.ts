import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import type { Experiment } from '../../bench/experiments/experiment.ts';
import { EXPERIMENTS } from '../../bench/experiments/index.ts';
import { shorten } from '../../bench/experiments/shorten.ts';

const SCRIPT = fileURLToPath(new URL('../../bench/experiment.ts', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'decant-experiments-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

it.each(Object.entries<Experiment>(EXPERIMENTS))(
  'the short form of %s computes its arms, and finds them computed',
  async (name, experiment) => {
    const run = () => promisify(execFile)(process.execPath, [SCRIPT, name, '--short', '--out', out]);
    const first = await run();
    for (const arm of shorten(experiment).arms) expect(first.stdout).toContain(`(\`${arm.name}\`) | 1 |`);
    const second = await run();
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).not.toContain('missing');
  },
  600_000,
);
