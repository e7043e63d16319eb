/**
 * Kills runs at random moments and checks that each, resumed, ends with the very same weights as one that was left
 * alone. Prints a table on stderr and JSON on stdout; exit status 1 when anything differs.
 *
 *     node bench/kill.ts [--times 20] [--seed 1] [--folder DIR]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../electron/engine/core/random.ts';
import { formatTable } from '../shared/text/table.ts';
import { interruptAndResume, type KillTrial, type Moment, startKillTest } from './kill-trials.ts';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string' },
  },
});
const times = Number(values.times);
const random = new Random(Number(values.seed));
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'decant-kill-')));
const test = await startKillTest(folder);
process.stderr.write(`undisturbed: ${(test.elapsedMs / 1000).toFixed(1)} s\n`);

/** Stretches too short to be hit by chance. */
const WORDS = ['[prepare]', 'cut 1', '[prune] done', '[baseline] done', '[measure]', '[export]'];
/** The machine may have become faster or slower since the undisturbed run. */
let pace = 1;

async function tryMoments(name: string, moments: readonly Moment[]): Promise<KillTrial> {
  for (let attempt = 1; ; attempt++) {
    const scaled = moments.map((moment) => (typeof moment === 'number' ? moment * pace : moment));
    const trial = await interruptAndResume(test, { name: `${name}-${attempt}`, moments: scaled });
    if (trial.killed.length > 0 || trial.problems.length > 0 || attempt === 5) return trial;
    pace *= 0.85; // It had ended before it was struck.
  }
}

const trials: KillTrial[] = [];
const byChance = Math.max(1, times - WORDS.length);
for (let i = 0; i < times; i++) {
  // One moment in each of equal stretches of the run, then the words; every third run is struck again on its way.
  const first = i < byChance ? (i + random.next()) / byChance : WORDS[i - byChance]!;
  const moments = i % 3 === 2 ? [first, random.next()] : [first];
  const trial = await tryMoments(`trial-${i + 1}`, moments);
  trials.push(trial);
  process.stderr.write(
    `${i + 1}: ${trial.killed.map(({ atMs, stage }) => `${stage} ${atMs} ms`).join(', ') || 'was faster'}: ${trial.problems.join('; ') || 'same'}\n`,
  );
}
const bad = trials.filter(({ problems }) => problems.length > 0);
process.stderr.write(
  `${formatTable(
    [{ title: 'Trial', align: 'right' }, { title: 'Killed in' }, { title: 'At (s)' }, { title: 'Result' }],
    trials.map(({ killed, problems }, i) => [
      String(i + 1),
      killed.map(({ stage }) => stage).join(', ') || '(had ended)',
      killed.map(({ atMs }) => (atMs / 1000).toFixed(1)).join(', '),
      problems.join('; ') || 'identical',
    ]),
  )}\n`,
);
const { elapsedMs, outcome } = test;
const kills = trials.reduce((sum, { killed }) => sum + killed.length, 0);
process.stdout.write(
  `${JSON.stringify({ what: 'kill', trials: trials.length, kills, identical: trials.length - bad.length, elapsedMs: Math.round(elapsedMs), outcome, details: trials })}\n`,
);
if (bad.length === 0 && values.folder === undefined) await rm(folder, { recursive: true, force: true });
process.exit(bad.length === 0 ? 0 : 1);
