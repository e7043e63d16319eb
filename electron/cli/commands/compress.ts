import { formatReport } from '../../../shared/run/report-text.ts';
import { parseRecipe } from '../../engine/index.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { computeOptions, readComputeOptions } from '../compute-options.ts';
import { takePositionals } from '../positionals.ts';
import { readRecipeInput } from '../recipe-input.ts';

export const compress: Command = {
  name: 'compress',
  synopsis: '<dataset>',
  summary: 'Trains a teacher, prunes and distils a student from it, measures both and exports the student.',
  details: `With --resume the recipe is the run's own, and so is the dataset unless it has moved.
A stopped or killed run goes on from its last checkpoint. "decant help recipe" explains every key of the recipe.`,
  options: {
    recipe: { value: 'FILE', summary: 'JSON file with any part of a recipe' },
    set: { value: 'KEY=VALUE', multiple: true, summary: 'one key of the recipe, such as prune.macs=0.5; repeatable' },
    out: { value: 'DIR', summary: 'folder for report.json, report.html, teacher/, student/ and the exports' },
    resume: { value: 'RUN', summary: 'take up a run where its last checkpoint left it' },
    ...computeOptions,
  },
  async run(args, { engine, home, cacheLimitBytes, listener, signal, print }) {
    const resume = args.values.get('resume')?.[0] ?? null;
    const [file] = args.values.get('recipe') ?? [];
    const assignments = args.values.get('set') ?? [];
    if (resume !== null && (file !== undefined || assignments.length > 0))
      throw usageError('--resume goes on with the recipe of its run; leave --recipe and --set out.');
    // With --resume a dataset may be given: where it has moved to.
    const dataset = resume !== null && args.positionals.length === 0 ? null : takePositionals(args, ['dataset'])[0];
    const recipe =
      resume === null ? parseRecipe(readRecipeInput(file, assignments), describeSource(file, assignments)) : null;
    const out = args.values.get('out')?.[0] ?? null;
    const report = await engine.compress({
      home,
      cacheLimitBytes,
      dataset,
      recipe,
      resume,
      out,
      listener,
      signal,
      ...readComputeOptions(args),
    });
    print(report, () => (out === null ? formatReport(report) : `${formatReport(report)}\nWritten to  ${out}`));
  },
};

/** Where a recipe comes from, for messages; undefined: from the command line alone. */
function describeSource(file: string | undefined, assignments: readonly string[]): string | undefined {
  return file !== undefined && assignments.length > 0 ? `${file} with --set` : file;
}
