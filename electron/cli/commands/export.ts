import { EXPORT_FORMATS, PRECISIONS } from '../../../shared/run/recipe.ts';
import type { ExportAllResult } from '../../../shared/run/results.ts';
import { formatExport, formatExports } from '../../../shared/run/results-text.ts';
import { listSome } from '../../../shared/text/shorten.ts';
import { DecantError } from '../../engine/index.ts';
import { type ParsedArguments, readChoice, usageError } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { takeSeveral } from '../positionals.ts';

const ALL = 'all';

export const exportRun: Command = {
  name: 'export',
  synopsis: '<run>… --out PATH',
  summary: "Exports a finished run's student to a format that other tools read, and checks it against the original.",
  details: `With --format ${ALL} or --precision ${ALL}, or for several runs, PATH is a folder, and one file that cannot be written does not
keep the others from it. Core ML runs on Apple's systems only: its files are checked by their structure and computed by
Decant's own interpreter.`,
  options: {
    format: { value: 'FORMAT', summary: `${EXPORT_FORMATS.join(', ')} or ${ALL} (default ${EXPORT_FORMATS[0]})` },
    precision: {
      value: 'PRECISION',
      summary: `${PRECISIONS.join(', ')} or ${ALL}: those that a format has (default ${PRECISIONS[0]})`,
    },
    out: { value: 'PATH', summary: 'the file to write; for several files, the folder' },
  },
  async run(args, context) {
    const runs = takeSeveral(args, 'run');
    const out = args.values.get('out')?.[0];
    if (out === undefined)
      throw usageError('--out PATH is missing; name the file to write, or the folder for several.');
    const formats = readChoices(args, 'format', EXPORT_FORMATS);
    const precisions = readChoices(args, 'precision', PRECISIONS);
    const [run, ...others] = runs;
    const [format, ...otherFormats] = formats;
    const [precision, ...otherPrecisions] = precisions;
    if (others.length + otherFormats.length + otherPrecisions.length > 0) {
      await exportSeveral(context, { runs, formats, precisions, folder: out });
      return;
    }
    const { engine, home, cacheLimitBytes, listener, signal, print } = context;
    const one = { run: run!, format: format!, precision: precision! }; // There is one of each.
    const result = await engine.exportRun({ home, cacheLimitBytes, ...one, out, listener, signal });
    print(result, () => formatExport(result));
  },
};

/** One of the choices, the first by default, or all of them. */
function readChoices<const T extends string>(args: ParsedArguments, name: string, choices: readonly [T, ...T[]]): T[] {
  const given = args.values.get(name)?.[0] ?? choices[0];
  return given === ALL ? [...choices] : [readChoice(`--${name}`, given, [...choices, ALL] as readonly T[])]; // It is not `all`.
}

/** @throws DecantError `export.incomplete` after all that could be written was, and told of */
async function exportSeveral(
  { engine, home, cacheLimitBytes, listener, signal, print }: CommandContext,
  several: {
    runs: readonly string[];
    formats: readonly (typeof EXPORT_FORMATS)[number][];
    precisions: readonly (typeof PRECISIONS)[number][];
    folder: string;
  },
): Promise<void> {
  const { runs, ...options } = several;
  const results: ExportAllResult[] = [];
  const missing: string[] = [];
  for (const run of runs) {
    const stem = runs.length > 1 ? `${run}-student` : 'student';
    try {
      const result = await engine.exportAll({ home, cacheLimitBytes, run, ...options, stem, listener, signal });
      results.push(result);
      for (const { format, precision, failure } of result.files)
        if (failure) missing.push(`${runs.length > 1 ? `${run} ` : ''}${format} ${precision}`);
    } catch (error) {
      if (runs.length === 1 || signal.aborted || !(error instanceof DecantError)) throw error;
      listener({ type: 'warning.raised', message: error.message });
      missing.push(run);
    }
  }
  print(results, () => formatExports(results));
  if (missing.length > 0)
    throw new DecantError(
      'export.incomplete',
      `Not everything was exported: ${listSome(missing, 5)}; the reasons are above, and everything else is in ${several.folder}.`,
      { missing },
    );
}
