import { formatWeights } from '../../../shared/run/weights-text.ts';
import { readChoice, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

export const weights: Command = {
  name: 'weights',
  synopsis: '[list | download ID | remove ID]',
  summary: 'Lists, downloads or removes published ImageNet weights.',
  details: `To use them in a recipe, write catalogue:ID (--set teacher.weights=catalogue:ID); compress downloads what is missing.
Downloads are kept in the home folder, work offline and continue where they were interrupted.
Set DECANT_HUB to use a mirror of the hub.`,
  options: {},
  async run({ positionals }, { engine, home, listener, signal, print }) {
    const [verb = 'list', id, ...rest] = positionals;
    const action = readChoice('The action of "weights"', verb, ['list', 'download', 'remove']);
    const tooMany = action === 'list' ? id : rest[0];
    if (tooMany !== undefined) throw usageError(`"${tooMany}" is one argument too many for "weights ${action}".`);
    if (action === 'list') {
      const all = await engine.listWeights({ home });
      print(all, () => formatWeights(all));
      return;
    }
    if (id === undefined) throw usageError(`"weights ${action}" needs the id of weights; "decant weights" lists them.`);
    if (action === 'remove') {
      const entry = await engine.removeWeights({ home, id });
      print(entry, () => `Removed ${entry.id}.`);
      return;
    }
    const entry = await engine.downloadWeights({ home, id, listener, signal });
    print(entry, () => `${entry.id} is downloaded; use it with --set teacher.weights=catalogue:${entry.id}`);
  },
};
