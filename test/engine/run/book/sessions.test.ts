import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../../electron/engine/core/clock.ts';
import { createRunId } from '../../../../electron/engine/core/ids.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { beginSession, reportSessions } from '../../../../electron/engine/run/book/sessions.ts';
import type { RunContext } from '../../../../electron/engine/run/context/run-context.ts';
import { RunControl } from '../../../../electron/engine/run/context/run-control.ts';
import {
  insertRun,
  notePeakMemory,
  openStore,
  type Store,
  saveDataset,
} from '../../../../electron/engine/store/index.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const home = makeTemporaryFolder('decant-sessions-');
let store: Store;
beforeAll(() => {
  store = openStore(home);
});
afterAll(() => {
  store.close();
  rmSync(home, { recursive: true });
});

const SELF_TEST = { checks: 1, maxError: 0, elapsedMs: 0 };
const SIMD = {
  backend: 'simd',
  device: 'a CPU',
  threads: 2,
  precision: 'f32',
  reason: 'r',
  selfTest: SELF_TEST,
} as const;
const WEBGPU = { ...SIMD, backend: 'webgpu', device: 'a card', threads: 0, precision: 'mixed' } as const;

let runs = 0;
function begin(): { context: RunContext; events: RunEvent[] } {
  const id = createRunId(++runs, () => 0.5);
  const recipe = recipeSchema.parse({});
  const dataset = { name: 'd', path: '/d', fingerprint: 'f', classes: ['a'], images: 1 };
  insertRun(store.db, { id, dataset: saveDataset(store.db, dataset, 1), recipe }, 1);
  const events: RunEvent[] = [];
  const listener = (event: RunEvent) => void events.push(event);
  const signal = new AbortController().signal;
  const control = new RunControl(systemClock);
  return {
    context: { id, recipe, store, random: new Random(1), clock: systemClock, listener, signal, control },
    events,
  };
}

it('says nothing of a run that goes on as it began, whatever its threads', () => {
  const { context, events } = begin();
  beginSession(context, SIMD);
  beginSession(context, { ...SIMD, threads: 1 });
  expect(events).toEqual([]);
  expect(reportSessions(context).notes).toEqual([]);
});

it('warns once a run goes on with another back end, and says so in the report for good', () => {
  const { context, events } = begin();
  beginSession(context, SIMD);
  beginSession(context, WEBGPU);
  const message = expect.stringMatching(/on simd \(a CPU\), then on webgpu \(a card, mixed precision\), which round/);
  expect(events).toEqual([{ type: 'warning.raised', message }]);
  beginSession(context, SIMD);
  const { notes, sessions } = reportSessions(context);
  expect(notes).toEqual([expect.stringMatching(/simd .* then on webgpu .* then on simd/)]);
  expect(sessions.map(({ backend }) => backend)).toEqual(['simd', 'webgpu', 'simd']);
});

it('tells of the most memory that any of its processes took', () => {
  const { context } = begin();
  beginSession(context, SIMD);
  notePeakMemory(store.db, context.id, 5e12);
  beginSession(context, SIMD);
  const { peakMemoryBytes, sessions } = reportSessions(context);
  expect(peakMemoryBytes).toBe(5e12);
  expect(sessions[1]!.peakMemoryBytes).toBeGreaterThan(1e6);
  expect(sessions[1]!.peakMemoryBytes).toBeLessThan(5e12);
});
