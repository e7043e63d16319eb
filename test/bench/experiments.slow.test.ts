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

const run = (name: string) => promisify(execFile)(process.execPath, [SCRIPT, name, '--short', '--out', out]);

it.each(Object.entries<Experiment>(EXPERIMENTS))(
  'the short form of %s computes its arms',
  async (name, experiment) => {
    const { stdout } = await run(name);
    for (const arm of shorten(experiment).arms) expect(stdout).toContain(`(\`${arm.name}\`) | 1 |`);
    // What was computed is not computed again.
    if (experiment !== Object.values<Experiment>(EXPERIMENTS)[0]) return;
    const again = await run(name);
    expect(again.stdout).toBe(stdout);
    expect(again.stderr).not.toContain('missing');
  },
  600_000,
);
