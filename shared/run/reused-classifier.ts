import { formatCount } from '../text/format.ts';

interface Cost {
  /** Multiply-accumulates of one image. */
  readonly macs: number;
  readonly parameters: number;
}

/**
 * What projector and classifier of the teacher are of the full student that reuses it, in one sentence: in the plan, in a run's
 * log and in its report.
 */
export function describeReuse(reused: Cost, student: Cost): string {
  const [flops, all] = [formatCount(2 * reused.macs), formatCount(2 * student.macs)];
  return `Projector and the teacher’s classifier stay in the student: ${flops} of the full student’s ${all} FLOPs, ${formatCount(reused.parameters)} of its ${formatCount(student.parameters)} parameters.`;
}
