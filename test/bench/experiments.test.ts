import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { BRIEF, type Experiment, MACS, merge, TOP1 } from '../../bench/experiments/experiment.ts';
import { EXPERIMENTS } from '../../bench/experiments/index.ts';
import { type Cell, readLedger, writeLedger } from '../../bench/experiments/ledger.ts';
import { locateWeights } from '../../bench/experiments/locate-weights.ts';
import { renderResults } from '../../bench/experiments/results-doc.ts';
import { countWanted, listWanted } from '../../bench/experiments/rounds.ts';
import { shorten } from '../../bench/experiments/shorten.ts';
import { renderDocument } from '../../bench/experiments/write-results.ts';
import { findRecipeProblems } from '../../shared/run/check-recipe.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'decant-experiments-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cell = (arm: string, seed: number, top1: number): Cell => ({
  arm,
  seed,
  figures: { top1, macs: 0.5 },
  teacherTop1: 0.9,
  elapsedMs: 61_000,
  commit: 'abc1234',
  machine: 'a processor, 2 threads',
});

describe('results', () => {
  const experiment: Experiment = {
    title: 'Title',
    protocol: ['What was fixed.'],
    images: { file: 'a.zip', trainPerClass: null, testPerClass: null },
    teacher: {},
    recipe: {},
    arms: [
      { name: 'plain', title: 'Plain', recipe: {} },
      { name: 'better', title: 'Better', recipe: {} },
      { name: 'never', title: 'Never computed', recipe: {} },
    ],
    reference: 'plain',
    seeds: 3,
    figures: { top1: TOP1, macs: MACS },
  };
  const cells = [0.7, 0.72, 0.71].flatMap((top1, i) => [
    cell('plain', i + 1, top1),
    cell('better', i + 1, top1 + 0.02),
  ]);

  it('are means over seeds, and differences seed by seed with their interval', () => {
    // Differences of exactly 2 points vary by nothing; a deviation of 1 point gives half an interval of 4.303 / sqrt(3) points.
    const render = (of: Cell[]) => renderResults('name', experiment, of).replace(/[\u00a0\u2009\u202f]/g, ' ');
    const text = render(cells);
    expect(text).toContain('| Plain (`plain`) | 3 | 71.0 % ± 1.0 |  | 50.0 % | 1 min 1 s |');
    expect(text).toContain('| Better (`better`) | 3 | 73.0 % ± 1.0 | +2.0 points ± 0.0 | 50.0 % | 1 min 1 s |');
    expect(text).not.toContain('Never computed');
    expect(text).toContain('6 runs, 6 min 6 s in all, on a processor, 2 threads; commit abc1234');
    const varied = cells.map((each) =>
      each.arm === 'better' ? cell('better', each.seed, each.figures.top1! + 0.01 * (each.seed - 2)) : each,
    );
    expect(render(varied)).toContain('+2.0 points ± 2.5');
  });

  it('say how much of an experiment is missing', () => {
    expect(renderResults('name', experiment, cells)).toContain('Not complete: 6 of 9 runs are done');
    const gone = cells.map((each) => ({ ...each, arm: 'gone' }));
    const two = { ...experiment, arms: experiment.arms.slice(0, 2) };
    expect(renderResults('name', two, [...cells, ...gone])).not.toContain('Not complete');
  });

  it('stand in the documents as they are kept', async () => {
    const kept = await renderDocument(ROOT);
    expect(readFileSync(join(ROOT, 'docs/results.md'), 'utf8')).toBe(kept);
  });
});

describe('rounds', () => {
  const arms = ['kd', 'a', 'b', 'c'].map((name) => ({ name, title: name, recipe: {} }));
  const experiment = {
    ...({ title: '', protocol: [], teacher: null, recipe: {}, figures: {} } as const),
    images: { file: 'a.zip', trainPerClass: null, testPerClass: null },
    arms,
    reference: 'kd',
    seeds: 3,
    finalists: 1,
  };
  const judged = (arm: string, validation: number) => ({ ...cell(arm, 1, 1 - validation), figures: { validation } });
  const list = (cells: Cell[]) => listWanted(experiment, cells).map(({ arm, seed }) => `${arm.name} ${seed}`);

  it('give every arm a seed, and the others to the reference and those that were best on validation images', () => {
    const first = ['kd 1', 'a 1', 'b 1', 'c 1'];
    const cells = [judged('kd', 0.9), judged('a', 0.4), judged('b', 0.6)];
    expect(list(cells)).toEqual(first);
    expect(countWanted(experiment, cells)).toBe(8);
    cells.push(judged('c', 0.5));
    expect(list(cells)).toEqual([...first, 'kd 2', 'b 2', 'kd 3', 'b 3']);
    expect(countWanted(experiment, cells)).toBe(8);
    expect(renderResults('name', experiment, cells)).toContain('Not complete: 4 of 8 runs are done');
  });

  it('are none where all arms get all seeds', () => {
    const { finalists, ...whole } = experiment;
    expect(listWanted(whole, [])).toHaveLength(12);
    expect(countWanted(whole, [])).toBe(12);
  });
});

describe('what was computed', () => {
  const images = { file: 'a.zip', trainPerClass: null, testPerClass: null };
  const plain = { teacher: null, student: { seed: 1 } };
  const file = join(folder, 'results', 'a.json');

  it('is found again, with arms that came since', async () => {
    const { protocol } = await readLedger(join(folder, 'none.json'), { images, arms: { plain } });
    const cells = [cell('plain', 1, 0.5)];
    await writeLedger(file, { protocol, cells });
    const later = { teacher: null, student: {} };
    const found = await readLedger(file, { images, arms: { plain, later } });
    expect(found.cells).toEqual(cells);
    expect(Object.keys(found.protocol.arms)).toEqual(['plain', 'later']);
    expect(found.protocol.arms.plain).toEqual(protocol.arms.plain);
  });

  it('has every setting, so that one that came since does not matter, and another default does', async () => {
    const { protocol } = await readLedger(join(folder, 'none.json'), { images, arms: { plain } });
    const { distill, train, ...rest } = protocol.arms.plain!.student;
    const { simkd: _, ...older } = distill!;
    const cells = [cell('plain', 1, 0.5)];
    const write = (student: object) =>
      writeLedger(file, { protocol: { images, arms: { plain: { ...plain, student } } }, cells });
    await write({ ...rest, train, distill: older });
    expect((await readLedger(file, { images, arms: { plain } })).cells).toEqual(cells);
    await write({ ...rest, distill, train: { ...train, labelSmoothing: 0.05 } });
    await expect(readLedger(file, { images, arms: { plain } })).rejects.toThrow(/results of "plain"/);
  });

  it('is not mixed with what other settings give', async () => {
    const { protocol } = await readLedger(join(folder, 'none.json'), { images, arms: { plain } });
    await writeLedger(file, { protocol, cells: [cell('plain', 1, 0.5)] });
    const other = { ...plain, student: { seed: 2 } };
    await expect(readLedger(file, { images, arms: { plain: other } })).rejects.toThrow(/results of "plain"/);
    const fewer = { ...images, testPerClass: 1 };
    await expect(readLedger(file, { images: fewer, arms: { plain } })).rejects.toThrow(/results of other images/);
  });
});

describe('weights', () => {
  it('are found in the folder of data, or missed in one sentence', () => {
    writeFileSync(join(folder, 'a.safetensors'), '');
    const recipe = { seed: 3, student: { weights: 'a.safetensors', width: 0.5 }, teacher: { weights: null } };
    const student = { width: 0.5, weights: join(folder, 'a.safetensors') };
    expect(locateWeights(recipe, folder)).toEqual({ ...recipe, student });
    expect(locateWeights({}, folder)).toEqual({});
    expect(() => locateWeights({ teacher: { weights: 'b' } }, folder)).toThrow(`There is no b in ${folder};`);
  });

  it('are none in the short form', () => {
    for (const { arms } of Object.values<Experiment>(EXPERIMENTS).map(shorten))
      for (const { recipe } of arms)
        expect(recipe).toMatchObject({ teacher: { weights: null }, student: { weights: null } });
  });
});

describe('recipes', () => {
  it('are laid over each other, key by key; lists are replaced', () => {
    expect(merge(BRIEF, { measure: { ckaImages: 9 }, export: { formats: ['onnx'] } })).toEqual({
      measure: { latencyRuns: 10, ckaImages: 9 },
      export: { formats: ['onnx'] },
    });
  });

  it.each(Object.entries<Experiment>(EXPERIMENTS))(
    'of %s contradict nothing, and its reference is an arm',
    (_, experiment) => {
      expect(experiment.arms.map(({ name }) => name)).toContain(experiment.reference);
      expect(new Set(experiment.arms.map(({ name }) => name)).size).toBe(experiment.arms.length);
      for (const { name, recipe } of experiment.arms)
        expect(findRecipeProblems(merge(experiment.recipe, recipe)).problems, name).toEqual([]);
    },
  );
});
