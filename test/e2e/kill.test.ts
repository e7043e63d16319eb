import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { interruptAndResume, type KillTest, startKillTest } from '../../bench/kill-trials.ts';
import { makeTemporaryFolder } from './folders.ts';

// `node bench/kill.ts` is the long form of this: 20 runs, killed all over.
const folder = makeTemporaryFolder('decant-kill-');
let undisturbed: KillTest;

beforeAll(async () => {
  undisturbed = await startKillTest(folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['while the teacher trains, and again later', [0.35, 0.5]],
  ['between cuts', [0.65]],
])('a run killed %s ends with the very same weights', { timeout: 180_000 }, async (name, moments) => {
  const trial = await interruptAndResume(undisturbed, { name: name.replaceAll(/\W/g, '-'), moments });
  expect(trial.problems).toEqual([]);
  expect(trial.killed).toHaveLength(moments.length);
});

it('a run stopped with Ctrl-C says how to go on, and ends with the very same weights and figures', async () => {
  const trial = await interruptAndResume(undisturbed, { name: 'ctrl-c', moments: [0.6], signal: 'SIGINT' });
  expect(trial.problems).toEqual([]);
  expect(trial.killed).toHaveLength(1);
}, 180_000);
