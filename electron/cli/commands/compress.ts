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
  details: `--resume continues a stopped or killed run from its last checkpoint, with its own recipe; name the dataset only if it has
moved. "decant help recipe" explains every recipe key.`,
  options: {
    recipe: { value: 'FILE', summary: 'JSON file with a recipe, or part of one' },
    set: { value: 'KEY=VALUE', multiple: true, summary: 'set one recipe key, such as prune.macs=0.5; repeatable' },
    'allow-files-outside': { summary: "open files that the recipe's file names outside its own folder" },
    out: { value: 'DIR', summary: 'folder for report.json, report.html, teacher/, student/ and the exports' },
    resume: { value: 'RUN', summary: 'continue a run from its last checkpoint' },
    ...computeOptions,
  },
  async run(args, { engine, home, cacheLimitBytes, listener, signal, print }) {
    const resume = args.values.get('resume')?.[0] ?? null;
    const [file] = args.values.get('recipe') ?? [];
    const assignments = args.values.get('set') ?? [];
    const allowOutside = args.flags.has('allow-files-outside');
    if (resume !== null && (file !== undefined || assignments.length > 0))
      throw usageError('--resume uses the recipe of its run; leave out --recipe and --set.');
    // With --resume a dataset may be given: where it has moved to.
    const dataset = resume !== null && args.positionals.length === 0 ? null : takePositionals(args, ['dataset'])[0];
    const recipe =
      resume === null
        ? parseRecipe(readRecipeInput(file, assignments, { home, allowOutside }), describeSource(file, assignments))
        : null;
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
