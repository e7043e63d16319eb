import { formatEvaluation } from '../../../shared/run/results-text.ts';
import type { Command } from '../command.ts';
import { takePositionals } from '../positionals.ts';

export const evaluate: Command = {
  name: 'evaluate',
  synopsis: '<run|file> <dataset>',
  summary: "Measures a run's student, or a network in a file, on a dataset.",
  options: {},
  async run(args, { engine, home, cacheLimitBytes, listener, signal, print }) {
    const [target, dataset] = takePositionals(args, ['run|file', 'dataset']);
    const result = await engine.evaluateModel({ home, cacheLimitBytes, target, dataset, listener, signal });
    print(result, () => formatEvaluation(result));
  },
};
