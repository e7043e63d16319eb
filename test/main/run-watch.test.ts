import { beforeEach, expect, it } from 'vitest';
import { RunWatch, type Signs } from '../../electron/main/run-watch.ts';
import { WindowEvents } from '../../electron/main/window-events.ts';
import type { AppEvent } from '../../shared/ipc/events.ts';
import { engineStatusSchema, type Settings, settingsSchema } from '../../shared/ipc/topics/app.ts';
import { type RunRow, runRowSchema } from '../../shared/ipc/topics/runs.ts';

const RUN = '0123456789abcd';
let told: unknown[][];
let settings: Settings;
let watch: RunWatch;

beforeEach(() => {
  told = [];
  settings = settingsSchema.parse({});
  const signs: Signs = {
    showProgress: (progress) => told.push(['progress', progress]),
    keepAwake: (on) => told.push(['awake', on]),
    notify: (...words) => told.push(['notify', ...words]),
  };
  watch = new RunWatch(signs, () => settings);
});

function changeStatus(activeRun: string | null, progress: number | null): AppEvent {
  const status = engineStatusSchema.parse({
    state: 'ready',
    message: null,
    backend: null,
    device: null,
    threads: null,
    imagesPerSecond: null,
    memoryBytes: 1,
    activeRun,
    progress,
    remainingMs: null,
    waiting: 0,
  });
  return { type: 'engine.changed', status };
}

function changeRun(changes: Partial<RunRow>): AppEvent {
  const row = runRowSchema.parse({
    id: RUN,
    name: 'flowers',
    note: '',
    tags: [],
    dataset: '0123456789abcdef',
    datasetName: 'flowers',
    state: 'running',
    stage: null,
    failure: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    queuePosition: null,
    studentTop1: null,
    teacherTop1: null,
    macs: null,
    parameters: null,
    flopsReduction: null,
    studentBytes: null,
    phoneLatencyMs: null,
    latencyMs: null,
    basedOn: null,
    elapsedMs: 0,
    ...changes,
  });
  return { type: 'run.changed', row };
}

it('shows progress where it changes, and keeps the computer awake while a run is at work', () => {
  for (const event of [
    changeStatus(null, null),
    changeStatus(RUN, null),
    changeStatus(RUN, 0.101),
    changeStatus(RUN, 0.104),
    changeStatus(RUN, 0.5),
    changeStatus(null, null),
  ])
    watch.watch(event);
  expect(told).toEqual([
    ['progress', 'unknown'],
    ['awake', true],
    ['progress', 0.1],
    ['progress', 0.5],
    ['progress', null],
    ['awake', false],
  ]);
});

it('tells how a run ended that was at work, once', () => {
  watch.watch(changeRun({ state: 'finished' })); // Of long ago.
  watch.watch(changeRun({}));
  watch.watch(changeRun({ state: 'finished', studentTop1: 0.9087 }));
  watch.watch(changeRun({ state: 'finished', studentTop1: 0.9087, note: 'good' }));
  watch.watch(changeRun({}));
  watch.watch(changeRun({ state: 'failed', failure: 'The disk is full.' }));
  watch.watch(changeRun({}));
  watch.watch(changeRun({ state: 'stopped' })); // The user did that.
  settings = { ...settings, notifyWhenDone: false };
  watch.watch(changeRun({}));
  watch.watch(changeRun({ state: 'finished' }));
  expect(told).toEqual([
    ['notify', 'flowers is finished', 'The student has 90.9 % top-1.', RUN],
    ['notify', 'flowers failed', 'The disk is full.', RUN],
  ]);
});

it('events wait for a page that listens; those that only pass do not', () => {
  const events = new WindowEvents();
  const got: AppEvent['type'][] = [];
  const listen = (event: AppEvent) => got.push(event.type);
  events.emit({ type: 'run.opened', run: RUN });
  events.emit(changeStatus(null, null));
  events.open(listen);
  events.open(listen);
  events.emit(changeStatus(null, null));
  expect(got).toEqual(['run.opened', 'engine.changed']);
  events.close();
  for (let i = 0; i < 1000; i++) events.emit({ type: 'run.removed', run: RUN });
  events.open(listen);
  expect(got).toHaveLength(102);
});
