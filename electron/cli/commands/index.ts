import type { Command } from '../command.ts';
import { bench } from './bench.ts';
import { compress } from './compress.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { exportRun } from './export.ts';
import { inspect } from './inspect.ts';
import { latency } from './latency.ts';
import { phone } from './phone.ts';
import { runs } from './runs.ts';
import { sweep } from './sweep.ts';
import { weights } from './weights.ts';
import { worker } from './worker.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  inspect,
  compress,
  sweep,
  worker,
  runs,
  evaluate,
  exportRun,
  phone,
  latency,
  weights,
  bench,
  doctor,
  demo,
];
