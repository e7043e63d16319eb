import { PRESET_GUIDE, PRESETS } from '../../../shared/run/presets.ts';
import { formatReport } from '../../../shared/run/report-text.ts';
import { parseRecipe } from '../../engine/index.ts';
import { applyPreset } from '../apply-preset.ts';
import { readChoice, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { computeOptions, readComputeOptions } from '../compute-options.ts';
import { takePositionals } from '../positionals.ts';
import { readRecipeInput } from '../recipe-input.ts';

export const compress: Command = {
  name: 'compress',
  synopsis: '<dataset>',
  summary: 'Trains a teacher, prunes and distils a student from it, measures both and exports the student.',
  details: `--preset makes a recipe for the dataset, as New run in the app does; --recipe and --set change parts of it:
${PRESETS.map((preset) => `  ${preset.padEnd(12)}${PRESET_GUIDE[preset].meaning}`).join('\n')}
--resume continues a stopped or killed run from its last checkpoint, with its own recipe; name the dataset only if it has
moved. "decant help recipe" explains every recipe key.`,
  options: {
    preset: { value: 'NAME', summary: `start from a preset: ${PRESETS.join(', ')}` },
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
    const [name] = args.values.get('preset') ?? [];
    const preset = name === undefined ? null : readChoice('--preset', name, PRESETS);
    if (resume !== null && (file !== undefined || assignments.length > 0 || preset !== null))
      throw usageError('--resume uses the recipe of its run; leave out --preset, --recipe and --set.');
    // With --resume a dataset may be given: where it has moved to.
    const dataset = resume !== null && args.positionals.length === 0 ? null : takePositionals(args, ['dataset'])[0];
    const given = resume === null ? readRecipeInput(file, assignments, { home, allowOutside }) : null;
    const inspection =
      preset === null || dataset === null ? null : await engine.inspect({ path: dataset, listener, signal });
    const wanted = given && preset && inspection ? applyPreset(preset, inspection, given) : given;
    const recipe = wanted && parseRecipe(wanted, describeSource(file, assignments));
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
