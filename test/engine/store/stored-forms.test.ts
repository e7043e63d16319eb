import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseNetwork, readSafetensors } from '../../../electron/engine/model/index.ts';
import { decodePredictions } from '../../../electron/engine/run/results/predictions-file.ts';
import { decodeCheckpoint, stateFromCheckpoint } from '../../../electron/engine/train/index.ts';
import { readStored, type StoredForm } from '../../../shared/stored/form.ts';
import { FORMS } from '../../../shared/stored/forms.ts';
import { makeTemporaryFolder } from '../../e2e/folders.ts';
import { FIXTURE_RUNS, type FixtureHome, unpackFixtureHome } from '../../helpers/fixture-home.ts';

// Every form reads what version 0.1.0 wrote of it.
const folder = makeTemporaryFolder('decant-forms-');
let fixture: FixtureHome;
beforeAll(() => {
  fixture = unpackFixtureHome(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const READ = new Set<StoredForm<unknown>>();

/** Notes that a form was tried, and checks that it reads. */
function expectRead(form: StoredForm<unknown>, json: unknown): void {
  READ.add(form);
  const reading = readStored(form, json);
  expect(reading.ok ? null : reading).toBeNull();
}

it.each([
  ['runs', 'recipe', FORMS.recipe, 4],
  ['runs', 'report', FORMS.report, 1],
  ['runs', 'finish_place', FORMS.finishPlace, 1],
  ['runs', 'layers', FORMS.layers, 3],
  ['epochs', 'metrics', FORMS.epoch, 50],
  ['cuts', 'facts', FORMS.cut, 5],
  ['models', 'facts', FORMS.model, 3],
  ['exports', 'facts', FORMS.export, 4],
  ['step_points', 'point', FORMS.stepPoint, 40],
  ['datasets', 'classes', FORMS.classes, 1],
  ['inspections', 'facts', FORMS.inspection, 1],
  ['inspections', 'samples', FORMS.samples, 1],
] as const)('%s.%s', (table, column, form, least) => {
  const db = new Database(join(fixture.home, 'decant.sqlite'), { readonly: true });
  const texts = db.prepare<[], string>(`SELECT ${column} FROM ${table} WHERE ${column} IS NOT NULL`).pluck().all();
  db.close();
  expect(texts.length).toBeGreaterThanOrEqual(least);
  for (const text of texts) expectRead(form, JSON.parse(text));
});

describe('a file of a run', () => {
  const read = (run: string, name: string): Uint8Array => {
    const db = new Database(join(fixture.home, 'decant.sqlite'), { readonly: true });
    const path = db
      .prepare<[string, string], string>('SELECT path FROM artifacts WHERE run = ? AND name = ?')
      .pluck()
      .get(run, name)!; // Of the fixture.
    db.close();
    return readFileSync(join(fixture.home, 'runs', run, path));
  };

  it('with predictions', () => {
    const bytes = read(FIXTURE_RUNS.finished, 'predictions.safetensors');
    expectRead(FORMS.testedPaths, JSON.parse(readSafetensors(bytes).metadata.paths!)); // It has some.
    expect(decodePredictions(bytes).paths).toHaveLength(24);
  });

  it.each(['checkpoint-a.bin', 'checkpoint-b.bin', 'warm-up.bin'])('%s', (name) => {
    for (const run of [FIXTURE_RUNS.finished, FIXTURE_RUNS.stopped]) {
      const state = stateFromCheckpoint(decodeCheckpoint(read(run, name)));
      expect(state?.slots.size).toBe(1);
      expect(state?.weights.size).toBe(200);
    }
    READ.add(FORMS.checkpoint);
  });

  it('with a network', () => {
    const { metadata } = readSafetensors(read(FIXTURE_RUNS.finished, 'teacher.safetensors'));
    const results = join(fixture.home, 'runs', FIXTURE_RUNS.finished, 'results');
    for (const text of [
      metadata['decant.network']!, // It has one.
      readFileSync(join(results, 'teacher', 'network.json'), 'utf8'),
      readFileSync(join(results, 'student', 'network.json'), 'utf8'),
    ]) {
      expectRead(FORMS.network, JSON.parse(text));
      expect(parseNetwork(JSON.parse(text)).classes).toBe(3);
    }
  });

  it('with its report', () => {
    const path = join(fixture.home, 'runs', FIXTURE_RUNS.finished, 'results', 'report.json');
    expectRead(FORMS.report, JSON.parse(readFileSync(path, 'utf8')));
  });
});

it.each([
  [
    'settings.json',
    FORMS.settings,
    '{"theme":"dark","backend":"auto","threads":2,"cacheLimitBytes":null,"engineNode":null,"home":null,"whenClosed":"ask","notifyWhenDone":true}',
  ],
  [
    'state.json',
    FORMS.appState,
    '{"window":{"x":1,"y":2,"width":1200,"height":800,"maximized":false},"recent":["/data/flowers"]}',
  ],
  [
    'the note beside downloaded weights',
    FORMS.pinnedWeights,
    `{"repository":"timm/mobilenetv3_small_100.lamb_in1k","revision":"a","file":"model.safetensors","sha256":"${'0'.repeat(64)}","sizeBytes":10}`,
  ],
  [
    'the index of decoded images',
    FORMS.pixelCache,
    '{"version":1,"inputSize":24,"count":84,"broken":[{"index":3,"path":"a.png","reason":"cut short"}],"sizeBytes":145152,"checksums":[1]}',
  ],
] as const)('%s, as version 0.1.0 wrote it', (_, form, text) => {
  expectRead(form, JSON.parse(text));
});

it('no form is left out', () => {
  expect(Object.values(FORMS).filter((form) => !READ.has(form))).toEqual([]);
});
