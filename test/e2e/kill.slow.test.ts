import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { interruptAndResume, type KillTest, startKillTest } from '../../bench/kill-trials.ts';
import { makeTemporaryFolder } from './folders.ts';

// `node bench/kill.ts` is the long form of this: 20 runs, killed all over.
const folder = makeTemporaryFolder('decant-kill-');
const SLOW = 300_000;
let undisturbed: KillTest;

beforeAll(async () => {
  undisturbed = await startKillTest(folder);
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['as the teacher trains, and once more right after a cut', ['[teacher] epoch 1', 'cut 2']],
  ['as the baseline trains', ['[baseline] epoch']],
  ['as the student without a teacher trains', ['[alone] epoch']],
])('a run killed %s ends with the very same weights', { timeout: SLOW }, async (name, moments) => {
  const trial = await interruptAndResume(undisturbed, { name: name.replaceAll(/\W+/g, '-'), moments });
  expect(trial.problems).toEqual([]);
  expect(trial.killed).toHaveLength(moments.length);
});

it(
  'a run stopped with Ctrl-C says how to go on, and ends with the very same weights and figures',
  async () => {
    const moments = ['[warm-up]', '[fine-tune]'];
    const trial = await interruptAndResume(undisturbed, { name: 'ctrl-c', moments, signal: 'SIGINT' });
    expect(trial.problems).toEqual([]);
    expect(trial.killed).toHaveLength(moments.length); // On a fast machine a short stage may be over when the signal arrives.
  },
  SLOW,
);
