import type { Result } from '../../../shared/ipc/contract.ts';
import type { Role } from '../../ui/roles.ts';
import { keyContender } from './contenders.ts';

export type AccuracyPoint = Result<'compare.points'>[number];
export type Cost = 'flops' | 'parameters' | 'macs';

const READ: Readonly<Record<Cost, (point: AccuracyPoint) => number>> = {
  flops: ({ macs }) => 2 * macs,
  macs: ({ macs }) => macs,
  parameters: ({ parameters }) => parameters,
};

export interface PlacedPoint {
  readonly id: string;
  readonly run: string;
  readonly name: string;
  readonly role: Role;
  readonly x: number;
  readonly y: number;
  /** Whether it is the compressed student of a run being compared. */
  readonly ringed: boolean;
}

/** Places every network by accuracy and cost. `runs` are the runs being compared. */
export function placePoints(points: readonly AccuracyPoint[], cost: Cost, runs: readonly string[]): PlacedPoint[] {
  return points.map((point) => ({
    id: keyContender(point.run, point.role),
    run: point.run,
    name: point.name,
    role: point.role,
    x: READ[cost](point),
    y: point.top1,
    ringed: point.role === 'student' && runs.includes(point.run),
  }));
}
