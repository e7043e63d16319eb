import { formatInspection } from '../../../shared/run/inspection-text.ts';
import type { Command } from '../command.ts';
import { takePositionals } from '../positionals.ts';

export const inspect: Command = {
  name: 'inspect',
  synopsis: '<dataset>',
  summary: 'Shows what a dataset contains and what is wrong with it.',
  details: `A dataset is a folder or .zip file with <class>/<image> or train|val|validation|test/<class>/<image>; beside them, unlabelled/ may hold images without labels.`,
  options: {},
  async run(args, { engine, listener, signal, print }) {
    const [path] = takePositionals(args, ['dataset']);
    const inspection = await engine.inspect({ path, listener, signal });
    print(inspection, () => formatInspection(inspection));
  },
};
