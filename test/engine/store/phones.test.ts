import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRunId, type RunId } from '../../../electron/engine/core/ids.ts';
import { changeMeasurement, keepMeasurement } from '../../../electron/engine/run/results/phone/keep-measurement.ts';
import * as store from '../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { createPhoneMeasurement } from '../../helpers/phone-measurement.ts';
import { recordPlans } from '../../helpers/query-plans.ts';

let home: string;
let opened: store.Store;
let run: RunId;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'decant-phones-'));
  opened = store.openStore(home);
  run = createRunId(1e12, () => 0.5);
  const dataset = store.saveDataset(
    opened.db,
    { name: 'roofs', path: '/roofs', fingerprint: 'f', classes: ['a', 'b'], images: 9 },
    1,
  );
  store.insertRun(opened.db, { id: run, dataset, recipe: recipeSchema.parse({}), state: 'stopped' }, 1e12);
});
afterEach(() => {
  opened.close();
  rmSync(home, { recursive: true, force: true });
});

const MEASURED = createPhoneMeasurement();
const latency = (): number | null => store.findRunRow(opened.db, { running: [], paused: [] }, run)!.phoneLatencyMs;

it('are kept with their run, whose row shows the fastest file', () => {
  expect(latency()).toBeNull();
  keepMeasurement(opened, run, MEASURED);
  const later = createPhoneMeasurement({ id: 'fedcba9876543210', measuredAt: '2026-11-24T14:02:00.000Z', results: [] });
  keepMeasurement(opened, run, later);
  expect(store.selectPhones(opened.db, run)).toEqual([MEASURED, later]);
  expect(latency()).toBe(11.24);
});

it('are given another name, taken away and brought back', () => {
  keepMeasurement(opened, run, MEASURED);
  changeMeasurement(opened, run, { id: MEASURED.id, device: 'Mine\u001b' });
  expect(store.selectPhones(opened.db, run)).toEqual([{ ...MEASURED, device: 'Mine\ufffd' }]);
  changeMeasurement(opened, run, { id: MEASURED.id, removed: true });
  expect(store.selectPhones(opened.db, run)).toEqual([]);
  expect(latency()).toBeNull();
  changeMeasurement(opened, run, { id: 'ffffffffffffffff', device: 'nobody', removed: true });
  changeMeasurement(opened, run, { id: MEASURED.id, removed: false });
  expect(store.selectPhones(opened.db, run)).toMatchObject([{ device: 'Mine\ufffd' }]);
});

it('come back with a run that the store has lost', () => {
  keepMeasurement(opened, run, MEASURED);
  opened.db.prepare('DELETE FROM runs').run();
  expect(opened.db.prepare('SELECT count(*) FROM phone_measurements').pluck().get()).toBe(0);
  store.reconcileRuns(opened);
  expect(store.selectPhones(opened.db, run)).toEqual([MEASURED]);
});

it('are seen when they were changed by something else', () => {
  keepMeasurement(opened, run, MEASURED);
  opened.db.prepare("UPDATE phone_measurements SET facts = replace(facts, '11.24', '1.24')").run();
  expect(() => store.selectPhones(opened.db, run)).toThrow(expect.objectContaining({ code: 'store.unreadable' }));
});

it('are found by an index', () => {
  const plans = recordPlans(opened, () => {
    store.selectPhones(opened.db, run);
    latency();
  });
  const steps = plans.flatMap(({ plan }) => plan).filter((step) => step.includes('phone_measurements'));
  expect(steps.length).toBe(2);
  for (const step of steps) expect(step).toContain('USING INDEX phone_measurements_by_run');
});
