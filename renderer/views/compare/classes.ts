import { countHits, differBeyondChance } from '../../../shared/run/difference-interval.ts';
import type { Report } from '../../../shared/run/report.ts';

/** Results for one class. Accuracies are on its test images; null if there are none, or the network was not trained. */
export interface ClassRow {
  readonly label: number;
  readonly name: string;
  readonly images: number;
  /** Training images; null where the report does not tell. */
  readonly trainImages: number | null;
  readonly teacher: number | null;
  readonly baseline: number | null;
  readonly student: number | null;
  /** Student minus teacher; negative if accuracy was lost. */
  readonly change: number | null;
  /** Whether the change is more than chance on this many images (95 % confidence). */
  readonly beyondChance: boolean;
}

/** Lists all classes, those that lost most against the teacher first and those without data last. */
export function listClassRows({ perClass }: Report): ClassRow[] {
  const rows = perClass.map(({ name, images, trainImages, top1, teacherTop1, baselineTop1 }, label): ClassRow => {
    const change = top1 === null || teacherTop1 === null ? null : top1 - teacherTop1;
    return {
      label,
      name,
      images,
      trainImages,
      teacher: teacherTop1,
      baseline: baselineTop1,
      student: top1,
      change,
      beyondChance: change !== null && differBeyondChance(countHits(top1!, images), countHits(teacherTop1!, images)), // Both are known.
    };
  });
  return rows.sort((a, b) => (a.change ?? Infinity) - (b.change ?? Infinity) || a.label - b.label);
}

/** Counts the classes that lost, gained and stayed the same. */
export function summarizeClasses(rows: readonly ClassRow[]): { lost: number; gained: number; same: number } {
  const count = (test: (change: number) => boolean): number =>
    rows.filter(({ change }) => change !== null && test(change)).length;
  return {
    lost: count((change) => change < 0),
    gained: count((change) => change > 0),
    same: count((change) => change === 0),
  };
}
