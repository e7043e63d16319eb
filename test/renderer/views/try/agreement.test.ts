import { describe, expect, it } from 'vitest';
import { compareOpinions, compareTimes, type Opinion } from '../../../../renderer/views/try/agreement.ts';

const say = (role: Opinion['role'], name: string, p50: number, change: Partial<Opinion> = {}): Opinion => ({
  role,
  top: [{ name, probability: 0.9 }],
  temperature: 0.7,
  unlike: false,
  latencyMs: { p50, p95: p50 },
  runtime: 'a runtime',
  ...change,
});
/** Both about a rose. */
const agree = (teacher: Partial<Opinion>, student: Partial<Opinion>) =>
  compareOpinions([say('teacher', 'rose', 2, teacher), say('student', 'rose', 1, student)]);
const sure = (probability: number) => ({ top: [{ name: 'rose', probability }] });

describe('two opinions', () => {
  it('agree where their first choices do', () => {
    expect(compareOpinions([say('teacher', 'rose', 2), say('student', 'rose', 1)])).toEqual({
      verdict: 'agree',
      sentence: 'Both say rose',
      detail: null,
    });
    expect(compareOpinions([say('teacher', 'rose', 2), say('student', 'iris', 1)])).toEqual({
      verdict: 'differ',
      sentence: 'The teacher says rose, the student says iris',
      detail: null,
    });
    expect(compareOpinions([say('student', 'iris', 1)])).toBeNull();
  });

  it('mean little about an image that one of the networks finds unlike, agreed or not', () => {
    const unlike = { unlike: true };
    for (const agreement of [agree(unlike, {}), agree({}, unlike), agree(unlike, { ...unlike, ...sure(0.2) })])
      expect(agreement).toEqual({
        verdict: 'unlike',
        sentence: 'This image is not like the ones it learned from; the answer means little.',
        detail: 'Both say rose.',
      });
    expect(compareOpinions([say('teacher', 'rose', 2, unlike), say('student', 'iris', 1)])).toMatchObject({
      verdict: 'unlike',
      detail: 'The teacher says rose, the student says iris.',
    });
  });

  it('that agree with less than 50 % are no good news', () => {
    expect(agree(sure(0.18), sure(0.9))).toEqual({
      verdict: 'unsure',
      sentence: 'Both say rose, with little confidence',
      detail: 'An answer under 50 % is more likely wrong than right.',
    });
    expect(agree(sure(0.9), sure(0.49))?.verdict).toBe('unsure');
    expect(agree(sure(0.5), sure(0.5))?.verdict).toBe('agree');
  });

  it('of an older run are compared without likeness, and nothing is promised of 50 %', () => {
    const older = { temperature: null, unlike: null };
    expect(agree(older, older)?.verdict).toBe('agree');
    expect(agree({ ...older, ...sure(0.3) }, older)).toMatchObject({ verdict: 'unsure', detail: null });
  });

  it('of which there is one only, because the teacher is a file, warn as well', () => {
    expect(compareOpinions([say('student', 'iris', 1, { unlike: true })])).toMatchObject({
      verdict: 'unlike',
      detail: 'The student says iris.',
    });
    expect(compareOpinions([say('student', 'iris', 1, { top: [{ name: 'iris', probability: 0.3 }] })])).toMatchObject({
      sentence: 'The student says iris, with little confidence',
    });
    expect(compareOpinions([])).toBeNull();
  });

  it('are compared in time, whichever was faster', () => {
    expect(compareTimes([say('teacher', 'a', 3), say('student', 'a', 2)])).toContain('1.5 times as fast');
    expect(compareTimes([say('teacher', 'a', 2), say('student', 'a', 3)])).toContain('1.5 times as long');
    expect(compareTimes([say('teacher', 'a', 2), say('student', 'a', 0)])).toBeNull();
  });
});
