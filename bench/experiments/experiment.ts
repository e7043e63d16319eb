import type { PartialRecipe } from '../../shared/run/recipe.ts';
import type { Report } from '../../shared/run/report.ts';
import { findLine } from '../../shared/run/stages.ts';
import { formatShare } from '../../shared/text/format.ts';

/** One of the things that are compared: what it changes of the experiment's recipe. */
export interface Arm {
  /** Name in results; never given to another arm. */
  readonly name: string;
  readonly title: string;
  readonly recipe: PartialRecipe;
  /** What differs in the experiment's teacher, where it learns from another one. */
  readonly teacher?: PartialRecipe;
}

/** A number of a finished run that is tabulated. */
export interface Figure {
  readonly title: string;
  /** Null: there is none. */
  readonly read: (report: Report) => number | null;
  readonly format: (value: number) => string;
  /** Whether differences from the reference are told of it, seed by seed. */
  readonly compared: boolean;
}

/** Stands for the pictures that Decant draws itself. */
export const DRAWN = 'drawn';

/** Images that all arms see. */
export interface Images {
  /** Name of an archive in the folder of data; `DRAWN`: the pictures that the demo draws. */
  readonly file: string;
  /** At most so many training and test images of each class, chosen once; null: all. */
  readonly trainPerClass: number | null;
  readonly testPerClass: number | null;
}

/** A comparison whose protocol was fixed before its first run. */
export interface Experiment {
  readonly title: string;
  /** What is asked, what was fixed and why; a paragraph each. */
  readonly protocol: readonly string[];
  readonly images: Images;
  /** Recipe of the one teacher of all seeds, trained on all training images of the archive; null: each run trains its own. */
  readonly teacher: PartialRecipe | null;
  /** Of all arms. Weights that it or an arm names are files in the folder of data. */
  readonly recipe: PartialRecipe;
  readonly arms: readonly Arm[];
  /** Name of the arm that others are compared with. */
  readonly reference: string;
  readonly seeds: number;
  /** All arms get one seed, and so many of them, the best by their figure `validation`, get all seeds; absent: all do. */
  readonly finalists?: number;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** Recipes laid over each other, section by section. */
export function merge(...parts: readonly PartialRecipe[]): PartialRecipe {
  return parts.reduce<object>(mergeObjects, {});
}

function mergeObjects(base: object, over: object): object {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    merged[key] = isSection(value) && isSection(merged[key]) ? mergeObjects(merged[key], value) : value;
  return merged;
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Top-1 of the student on the test images. */
export const TOP1: Figure = {
  title: 'Top-1',
  read: ({ student }) => student.top1,
  format: formatShare,
  compared: true,
};

/** The student's best, on validation images: what a recipe is chosen by. */
export const VALIDATION: Figure = {
  title: 'Validation',
  read: ({ history }) =>
    Math.max(...history.map((epoch) => (findLine(epoch.stage) === 'student' ? (epoch.validationTop1 ?? 0) : 0))),
  format: formatShare,
  compared: false,
};

/** Top-1 of the teacher on the test images. */
export const TEACHER_TOP1: Figure = {
  title: 'Teacher',
  read: ({ teacher }) => teacher.top1,
  format: formatShare,
  compared: true,
};

/** The student's top-1 as a share of the teacher's. */
export const RETENTION: Figure = {
  title: 'Retention of the teacher’s top-1',
  read: ({ retention }) => retention.vsTeacher,
  format: formatShare,
  compared: false,
};

/** The student's multiply-accumulates as a share of the unpruned one's. */
export const MACS: Figure = {
  title: 'MACs',
  read: ({ student, baseline }) => student.macs / baseline.macs,
  format: formatShare,
  compared: false,
};

/** Figures of students that serve no other purpose are not measured at length. */
export const BRIEF: PartialRecipe = {
  measure: { latencyRuns: 10, ckaImages: 8 },
  export: { formats: [] },
};
