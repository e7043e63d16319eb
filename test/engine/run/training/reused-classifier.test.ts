import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { isFrozen, parameterSpecs } from '../../../../electron/engine/model/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import type { PartialRecipe } from '../../../../shared/run/recipe.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { optionsIn, REUSING, readModels } from './reusing-run.ts';

const REUSED = /^Projector and the teacher’s classifier stay in the student: .* FLOPs, .* parameters\.$/;
const folder = makeTemporaryFolder('decant-reused-');
const home = join(folder, 'home');
const events: RunEvent[] = [];
let report: Report;

const notesOf = (told: readonly RunEvent[]) =>
  told.flatMap((event) => (event.type === 'note.added' ? [event.message] : []));

beforeAll(async () => {
  await drawDataset(join(folder, 'pictures'), { classes: 2, trainPerClass: 32, testPerClass: 16, size: 16, seed: 1 });
  report = await compress({ ...optionsIn(folder, REUSING), listener: (event) => events.push(event) });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run whose student keeps the teacher’s classifier', () => {
  it('ends with a student whose tail is the teacher’s, bit by bit, after cuts that leave its map whole', async () => {
    const { teacher, student, baseline, alone } = await readModels(home, report.run);
    for (const { network, weights } of [student!, baseline!]) {
      const frozen = parameterSpecs(network).filter((spec) => spec.frozen);
      expect(frozen).toHaveLength(4);
      for (const { name } of frozen)
        expect(weights.get(name), name).toEqual(teacher!.weights.get(name.replace('teacher/', '')));
    }
    expect(alone!.network.nodes.some(isFrozen)).toBe(false);
    expect(alone!.network.output).toBe('classifier/logits');
    const expand = report.layers.find(({ name }) => name === 'simkd/expand/conv')!;
    expect(expand.after).toBe(expand.before);
    expect(report.layers.some(({ before, after }) => after < before)).toBe(true);
    expect(report.cuts).toHaveLength(2);
  });

  it('learns by the map alone, and without a teacher from labels alone', () => {
    for (const { stage, terms } of report.history)
      expect(Object.keys(terms)).toEqual([['teacher', 'alone'].includes(stage) ? 'crossEntropy' : 'simkd']);
    expect(report.alone!.top1).toEqual(expect.any(Number));
  });

  it('says what that costs, in its log and in its report', () => {
    expect(report.notes.filter((note) => REUSED.test(note))).toHaveLength(1);
    expect(notesOf(events).filter((note) => REUSED.test(note)).length).toBeGreaterThan(0);
  });

  it('is exported, and files answer as the network', () => {
    expect(report.exports.map(({ format }) => format)).toEqual(['onnx', 'tflite']);
    for (const { maxAbsDifference, logitsRange } of report.exports)
      expect(maxAbsDifference).toBeLessThan(1e-3 * Math.max(1, logitsRange));
  });
});

describe('imported weights', () => {
  const train = { ...REUSING.train, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false, alone: false };
  const brief: PartialRecipe = { ...REUSING, train, prune: { macs: null }, export: { formats: [] } };
  const run = async (recipe: PartialRecipe) => {
    const told: RunEvent[] = [];
    const made = await compress({ ...optionsIn(folder, recipe), listener: (event) => told.push(event) });
    return { made, notes: notesOf(told) };
  };

  it('of a student with a classifier of its own: the trunk counts, and a note says that the rest does not', async () => {
    const own = await run({ ...brief, student: { ...REUSING.student, head: 'own' }, distill: {} });
    const { notes } = await run({ ...brief, student: { ...REUSING.student, weights: `run:${own.made.run}` } });
    expect(notes).toContain(
      'The file of student.weights has a classifier of its own, which is left out: student.head takes the teacher’s.',
    );
  }, 60_000);

  it('of a student with its teacher’s: the projector counts, and the tail is that of the new teacher', async () => {
    const weights = `run:${(await run(brief)).made.run}`;
    const { made, notes } = await run({ ...brief, seed: 2, student: { ...REUSING.student, weights } });
    expect(notes.some((note) => note.includes('left out'))).toBe(false);
    const { teacher, student } = await readModels(home, made.run);
    const name = 'classifier/hidden/weight';
    expect(student!.weights.get(`teacher/${name}`)).toEqual(teacher!.weights.get(name));
    // Without a teacher the student has a classifier of its own, for which that file has nothing.
    const alone = {
      ...brief,
      student: { ...REUSING.student, weights },
      train: { ...train, baseline: true, alone: true },
    };
    await expect(run(alone)).rejects.toMatchObject({ code: 'weights.mismatch' });
  }, 60_000);
});
