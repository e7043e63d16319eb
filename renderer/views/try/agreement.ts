import type { Result } from '../../../shared/ipc/contract.ts';
import { LOW_CONFIDENCE, UNLIKE_SENTENCE } from '../../../shared/run/confidence-text.ts';
import { formatNumber } from '../../../shared/text/format.ts';
import { word } from '../../../shared/text/language.ts';
import { shorten } from '../../../shared/text/shorten.ts';

export type Opinion = Result<'classify.image'>['opinions'][number];

/** What two opinions come to. */
export interface Agreement {
  /** `unlike`: nothing, because the image is unlike those that they learned from; `unsure`: they agree with little confidence. */
  readonly verdict: 'agree' | 'differ' | 'unsure' | 'unlike';
  /** In words. */
  readonly sentence: string;
  /** What else has to be known of it; null: nothing. */
  readonly detail: string | null;
}

const LONGEST_NAME = 60;
const NAMES = { teacher: word('teacher'), student: word('student') } as const;

/**
 * Compares the top predictions; null where there is nothing to compare and nothing to warn of. An image counts as unlike where
 * one network finds it so, and confidence as little where that of one network is under 50 %.
 */
export function compareOpinions(opinions: readonly Opinion[]): Agreement | null {
  const best = opinions.flatMap(({ role, top: [first] }) => (first ? [{ role, ...first }] : []));
  const [first] = best;
  if (!first) return null;
  const agree = best.every(({ name }) => name === first.name);
  const said =
    agree && best.length > 1
      ? `Both say ${shorten(first.name, LONGEST_NAME)}`
      : capitalize(best.map(({ role, name }) => `the ${NAMES[role]} says ${shorten(name, LONGEST_NAME)}`).join(', '));
  // One of them is enough: the other may take anything for something that it knows.
  if (opinions.some(({ unlike }) => unlike === true))
    return { verdict: 'unlike', sentence: UNLIKE_SENTENCE, detail: `${said}.` };
  if (!agree) return { verdict: 'differ', sentence: said, detail: null };
  if (best.some(({ probability }) => probability < LOW_CONFIDENCE)) {
    const detail = areCalibrated(opinions) ? 'An answer under 50 % is more likely wrong than right.' : null;
    return { verdict: 'unsure', sentence: `${said}, with little confidence`, detail };
  }
  return best.length > 1 ? { verdict: 'agree', sentence: said, detail: null } : null;
}

export function areCalibrated(opinions: readonly Opinion[]): boolean {
  return opinions.every(({ temperature }) => temperature !== null);
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Compares the student's time with the teacher's, in a sentence; null unless both were timed. */
export function compareTimes(opinions: readonly Opinion[]): string | null {
  const teacher = opinions.find(({ role }) => role === 'teacher')?.latencyMs.p50;
  const student = opinions.find(({ role }) => role === 'student')?.latencyMs.p50;
  if (!teacher || !student) return null;
  return teacher >= student
    ? `The student is ${formatNumber(teacher / student, 3)} times as fast as the teacher.`
    : `The student takes ${formatNumber(student / teacher, 3)} times as long as the teacher.`;
}
