import type { Report } from '../../../shared/run/report.ts';

export type CkaPair = Report['cka'][number];

/** Arranges CKA as a matrix. Taps keep the order of the report, which is by depth. */
export function arrangeCka(pairs: readonly CkaPair[]): {
  teacher: readonly string[];
  student: readonly string[];
  /** `cells[teacher][student]`; null if not measured. */
  cells: readonly (readonly (CkaPair | null)[])[];
} {
  const teacher = [...new Set(pairs.map((pair) => pair.teacher))];
  const student = [...new Set(pairs.map((pair) => pair.student))];
  const byName = new Map(pairs.map((pair) => [`${pair.teacher}\n${pair.student}`, pair]));
  return {
    teacher,
    student,
    cells: teacher.map((row) => student.map((column) => byName.get(`${row}\n${column}`) ?? null)),
  };
}

/** Means of the distilled pairs and of all pairs; null if there are none. */
export function averageCka(pairs: readonly CkaPair[]): { distilled: number | null; all: number | null } {
  const mean = (some: readonly CkaPair[]): number | null =>
    some.length === 0 ? null : some.reduce((sum, { value }) => sum + value, 0) / some.length;
  return { distilled: mean(pairs.filter(({ distilled }) => distilled)), all: mean(pairs) };
}
