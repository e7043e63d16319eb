import { describeLost } from '../../../shared/run/recovery-text.ts';
import { formatRun, formatRuns } from '../../../shared/run/results-text.ts';
import { readChoice, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

export const runs: Command = {
  name: 'runs',
  synopsis: '[list | show RUN | delete RUN]',
  summary: 'Lists runs, shows one, or deletes one with its files.',
  options: {},
  async run({ positionals }, { engine, home, listener, print }) {
    const [verb = 'list', run, ...rest] = positionals;
    const action = readChoice('The action of "runs"', verb, ['list', 'show', 'delete']);
    const tooMany = action === 'list' ? run : rest[0];
    if (tooMany !== undefined) throw usageError(`"${tooMany}" is one argument too many for "runs ${action}".`);
    if (action === 'list') {
      const all = await engine.listRuns({ home });
      print(all, () => formatRuns(all));
      const message = describeLost(await engine.countLostRuns({ home }));
      if (message !== null) listener({ type: 'note.added', message });
      return;
    }
    if (run === undefined) throw usageError(`"runs ${action}" needs the id of a run; "decant runs" lists them.`);
    if (action === 'show') {
      const detail = await engine.showRun({ home, run });
      print(detail, () => formatRun(detail));
      return;
    }
    await engine.deleteRun({ home, run });
    print({ deleted: run }, () => `Deleted run ${run}.`);
  },
};
