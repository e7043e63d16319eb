import { describe, expect, it } from 'vitest';
import { compareOpinions, compareTimes, type Opinion } from '../../../../renderer/views/try/agreement.ts';

const say = (role: Opinion['role'], name: string, p50: number): Opinion => ({
  role,
  top: [{ name, probability: 0.9 }],
  latencyMs: { p50, p95: p50 },
  runtime: 'a runtime',
});

describe('two opinions', () => {
  it('agree where their first choices do', () => {
    expect(compareOpinions([say('teacher', 'rose', 2), say('student', 'rose', 1)])).toEqual({
      agrees: true,
      sentence: 'Both say rose',
    });
    expect(compareOpinions([say('teacher', 'rose', 2), say('student', 'iris', 1)])).toEqual({
      agrees: false,
      sentence: 'The teacher says rose, the student says iris',
    });
    expect(compareOpinions([say('student', 'iris', 1)])).toBeNull();
  });

  it('are compared in time, whichever was faster', () => {
    expect(compareTimes([say('teacher', 'a', 3), say('student', 'a', 2)])).toContain('1.5 times as fast');
    expect(compareTimes([say('teacher', 'a', 2), say('student', 'a', 3)])).toContain('1.5 times as long');
    expect(compareTimes([say('teacher', 'a', 2), say('student', 'a', 0)])).toBeNull();
  });
});
