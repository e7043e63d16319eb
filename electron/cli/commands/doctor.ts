import { formatDiagnosis } from '../../../shared/run/diagnosis-text.ts';
import type { Command } from '../command.ts';
import { computeOptions, readThreads } from '../compute-options.ts';
import { takePositionals } from '../positionals.ts';

export const doctor: Command = {
  name: 'doctor',
  synopsis: '',
  summary: 'Says which back ends work here, how fast they are, which is used, and what a bug report needs.',
  details: `Each back end is tried in a process of its own: whether it is there, whether it computes what double-precision
loops compute, and the time of a distillation step. The store is checked. Nothing is changed.`,
  options: { threads: computeOptions.threads },
  async run(args, { engine, home, listener, signal, print }) {
    takePositionals(args, []);
    const diagnosis = await engine.doctor({ home, threads: readThreads(args), listener, signal });
    print(diagnosis, () => formatDiagnosis(diagnosis));
  },
};
