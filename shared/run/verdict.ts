import { formatPlural, formatShare } from '../text/format.ts';
import { word } from '../text/language.ts';
import { computeDifferenceInterval, countHits } from './difference-interval.ts';
import type { Report } from './report.ts';
import { countLineEpochs, findLine } from './stages.ts';
import { computeWilsonInterval } from './wilson-interval.ts';

/** Below this share of what lies between chance and perfection, a teacher is weak. */
const WEAK = 0.5;
/** A retention that is less than this below the goal is close to it. */
const CLOSE = 0.03;
/** A student is certain enough if its retention is at most this much below the goal, with 95 % confidence. */
const DOUBT = 0.05;
/** A network that gives one answer this often has only learned that one. */
const ONE_ANSWER = 0.95;

/** What to do next; each is a button in the app. */
export const NEXT_STEPS = {
  export: 'Export the student',
  'train-longer': 'Train longer',
  'cut-less': 'Cut less',
  'add-images': 'Add test images',
} as const;
export type NextStep = keyof typeof NEXT_STEPS;

export interface Verdict {
  readonly tone: 'success' | 'warning' | 'danger';
  /** "Ready to ship". */
  readonly title: string;
  /** Why, in whole sentences. */
  readonly reasons: readonly string[];
  readonly next: NextStep;
  /** Whether it says anything how much of the teacher's accuracy the student keeps. */
  readonly meaningful: boolean;
}

type Model = 'teacher' | 'student';
const NAMES: Readonly<Record<Model, string>> = { teacher: word('teacher'), student: word('student') };

/**
 * Whether a run's student can be used: judged on the test images against guessing, its teacher, the goal that was set of how much
 * of the teacher's accuracy it keeps, chance, and what of the training was left out.
 */
export function judge(report: Report): Verdict {
  const { teacher, student, dataset } = report;
  const images = dataset.images.test;
  if (teacher.top1 === null || student.top1 === null || images === 0)
    return {
      tone: 'warning',
      title: 'No verdict: there are no test images',
      reasons: ['Accuracy is judged on test images, of which the dataset has none.'],
      next: 'add-images',
      meaningful: false,
    };
  const guess = guessing(report);
  const useless = (['teacher', 'student'] as const).find((name) => isGuessing(report, name));
  if (useless)
    return {
      tone: 'danger',
      title:
        useless === 'teacher' ? 'Did not learn: the teacher only guesses' : 'Did not learn: the student only guesses',
      reasons: [
        `The ${NAMES[useless]} is right for ${formatShare(report[useless].top1)} of ${formatPlural(images, 'test image')}; always answering with the largest class would be right for ${formatShare(guess)}.`,
        ...describeOneAnswer(report, useless),
        ...describeTraining(report),
      ],
      next: 'train-longer',
      meaningful: useless === 'student',
    };
  return judgeRetention(report, { teacher: teacher.top1, student: student.top1, guess, images });
}

function judgeRetention(
  report: Report,
  { teacher, student, guess, images }: { teacher: number; student: number; guess: number; images: number },
): Verdict {
  const [low, high] = computeDifferenceInterval(countHits(student, images), countHits(teacher, images));
  const kept = student / teacher;
  const [leastKept, mostKept] = [1 + low / teacher, 1 + high / teacher];
  const goal = report.recipe.goal.retention;
  const training = describeTraining(report);
  const reasons = [
    `The student keeps ${formatShare(kept)} of the teacher’s accuracy (goal: ${formatShare(goal)}); on ${formatPlural(images, 'test image')}, anything from ${formatShare(Math.max(0, leastKept))} to ${formatShare(mostKept)} is possible (95 % confidence).`,
    ...training,
  ];
  const verdict = (tone: Verdict['tone'], title: string, next: NextStep, more: readonly string[] = []): Verdict => ({
    tone,
    title,
    reasons: [...more, ...reasons],
    next,
    meaningful: true,
  });
  if ((teacher - guess) / (1 - guess) < WEAK)
    return verdict('warning', 'Promising: the teacher is still weak', 'train-longer', [
      `The teacher is right for only ${formatShare(teacher)} of the test images; guessing would be right for ${formatShare(guess)}.`,
    ]);
  if (kept < goal) {
    if (kept >= goal - CLOSE) return verdict('warning', 'Promising: close to the goal', 'train-longer');
    if (high < 0) return verdict('danger', 'Lost accuracy', 'cut-less');
    return verdict('warning', 'Below the goal, but there are too few test images to be sure', 'add-images');
  }
  if (training.length > 0) return verdict('warning', 'Promising: train longer', 'train-longer');
  if (leastKept < goal - DOUBT) return verdict('warning', 'Promising: too few test images to be sure', 'add-images');
  return verdict('success', 'Ready to ship', 'export');
}

/** The accuracy of always answering with one class: that with the most test images. */
function guessing({ perClass, dataset }: Report): number {
  return Math.max(...perClass.map(({ images }) => images), 0) / dataset.images.test;
}

/** Whether a network cannot be told from one that always answers with the largest class. */
function isGuessing(report: Report, name: Model): boolean {
  const images = report.dataset.images.test;
  const [low] = computeWilsonInterval(Math.round((report[name].top1 ?? 0) * images), images);
  return low <= guessing(report);
}

function describeOneAnswer({ confusion, dataset }: Report, name: Model): string[] {
  const answers = dataset.classes.map((_, label) => confusion[name].reduce((sum, row) => sum + (row[label] ?? 0), 0));
  const most = Math.max(...answers);
  if (most < ONE_ANSWER * dataset.images.test) return [];
  return [
    `It answers “${dataset.classes[answers.indexOf(most)]}” for ${formatShare(most / dataset.images.test)} of them.`,
  ];
}

/** Which training was ended before all its epochs. With `patience` it may have ended by itself. */
function describeTraining({ recipe, history }: Report): string[] {
  const { train } = recipe;
  const wanted = { teacher: countLineEpochs('teacher', recipe), student: countLineEpochs('student', recipe) };
  return (['teacher', 'student'] as const).flatMap((line) => {
    const own = history.filter(({ stage }) => findLine(stage) === line);
    if (own.length < wanted[line] && train.patience === null)
      return [
        `Training was ended early: the ${NAMES[line]} had ${own.length} of ${formatPlural(wanted[line], 'epoch')}.`,
      ];
    return [];
  });
}
