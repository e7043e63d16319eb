import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProcess } from '../../../bench/kill-trials.ts';
import { makeTemporaryFolder } from '../folders.ts';
import { describeCases } from './cases.ts';
import { useWorld } from './world.ts';

useWorld();

describe('bad input', () => describeCases(({ began = false }) => !began));

describe('as a process', () => {
  it.each([
    [['compress', '/nowhere/at/all'], 2, /^decant: \/nowhere\/at\/all does not exist; give a folder .*\n$/],
    [['inspect', '.', '--jsno'], 2, /^decant: Misspelled option --jsno should be --json\.\n$/],
  ])('%j ends with %i and one line', async (args, status, says) => {
    const home = makeTemporaryFolder('decant-process-');
    const ended = await runProcess([...args, '--home', home]);
    rmSync(home, { recursive: true });
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringMatching(says)]);
  });
});
