import { formatDiagnosis } from '../../../shared/run/diagnosis-text.ts';
import { formatRepair } from '../../../shared/run/recovery-text.ts';
import type { Command } from '../command.ts';
import { computeOptions, readThreads } from '../compute-options.ts';
import { takePositionals } from '../positionals.ts';

export const doctor: Command = {
  name: 'doctor',
  synopsis: '',
  summary: 'Shows which back ends work here, how fast they are and which one is used. Add its output to bug reports.',
  details: `Tests each back end in its own process: whether it is available, whether its results match double-precision reference
loops, and how long a distillation step takes. Also checks the store. Changes nothing.
With --repair it restores runs that the store has lost from their folders instead. A damaged store is set aside in the home,
never deleted, and a new one made.`,
  options: {
    threads: computeOptions.threads,
    repair: { summary: 'restore what the store has lost from the folders of the runs' },
  },
  async run(args, { engine, home, listener, signal, print }) {
    takePositionals(args, []);
    if (args.flags.has('repair')) {
      const repair = await engine.repairStore({ home });
      print(repair, () => formatRepair(repair));
      return;
    }
    const diagnosis = await engine.doctor({ home, threads: readThreads(args), listener, signal });
    print(diagnosis, () => formatDiagnosis(diagnosis));
  },
};
