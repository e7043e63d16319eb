import { describe, expect, it } from 'vitest';
import { findFailureStep } from '../../../../renderer/views/run/failure-step.ts';
import { describeProgress } from '../../../../renderer/views/run/progress-words.ts';
import { listSteering } from '../../../../renderer/views/run/steering.ts';
import { formatTimeLeft } from '../../../../renderer/views/run/time-left.ts';

const MINUTE = 60_000;

describe('formatTimeLeft', () => {
  it.each([
    [20_000, 'less than a minute'],
    [6.2 * MINUTE, 'about 6 min'],
    [9.7 * MINUTE, 'about 10 min'],
    [33 * MINUTE, 'about 35 min'],
    [59 * MINUTE, 'about 1 h'],
    [100 * MINUTE, 'about 1 h 45 min'],
    [11.6 * 60 * MINUTE, 'about 12 h'],
  ])('%d ms is %s', (ms, text) => expect(formatTimeLeft(ms)).toBe(text));
});

describe('describeProgress', () => {
  it('says no time left while none is known', () => {
    const row = { state: 'running', queuePosition: null } as const;
    expect(describeProgress(row, { progress: 0.02, remainingMs: null }, [], 0).headline).toBe('2 %');
    expect(describeProgress(row, null, [], 0).headline).toBe('Running');
    expect(describeProgress(row, { progress: 0.426, remainingMs: 30 * MINUTE }, [], 0).headline).toBe(
      '42 % · about 30 min left',
    );
  });

  it('counts the queue', () => {
    expect(describeProgress({ state: 'queued', queuePosition: 1 }, null, [], 0).headline).toBe('Next in queue');
    expect(describeProgress({ state: 'queued', queuePosition: 3 }, null, [], 0).headline).toBe('Number 3 in queue');
  });
});

describe('findFailureStep', () => {
  it('names the settings that a failure names', () =>
    expect(findFailureStep('The loss is not finite; lower train.optimizer.learningRate.')).toEqual({
      kind: 'change',
      keys: ['train.optimizer.learningRate'],
    }));

  it.each([
    ['The graphics card ran out of memory.', 'backend'],
    ['The dataset /media/stick/flowers12 is not there any more.', 'dataset'],
    [
      'The thread computing the run ended with status 1; resume the run to continue from its last checkpoint.',
      'resume',
    ],
    ['The disk is full.', 'resume'],
  ])('%s', (failure, kind) => expect(findFailureStep(failure)).toEqual({ kind }));
});

describe('listSteering', () => {
  it('keeps the best only of a student that was trained, and not once training is over', () => {
    const early = (stage: 'teacher' | 'prune' | 'measure') => listSteering({ state: 'running', stage }).finishEarly;
    expect(early('teacher')).toMatchObject({ offered: true, obstacle: expect.stringContaining('not been trained') });
    expect(early('prune')).toEqual({ offered: true, obstacle: null });
    expect(early('measure').offered).toBe(false);
  });

  it('lets go of nothing that is at work', () => {
    expect(listSteering({ state: 'running', stage: 'prune' })).toMatchObject({
      pause: true,
      resume: false,
      remove: false,
    });
    expect(listSteering({ state: 'paused', stage: 'prune' })).toMatchObject({
      resume: true,
      stop: true,
      remove: false,
    });
    expect(listSteering({ state: 'finished', stage: 'export' })).toMatchObject({
      resume: false,
      stop: false,
      remove: true,
    });
  });
});
