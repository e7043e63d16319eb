import { EXPORT_FORMATS, PRECISIONS } from '../../../shared/run/recipe.ts';
import { formatExport } from '../../../shared/run/results-text.ts';
import { readChoice, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { takePositionals } from '../positionals.ts';

export const exportRun: Command = {
  name: 'export',
  synopsis: '<run> --out FILE',
  summary: "Exports a finished run's student to a format that other tools read, and checks it against the original.",
  options: {
    format: { value: 'FORMAT', summary: `${EXPORT_FORMATS.join(', ')} (default ${EXPORT_FORMATS[0]})` },
    precision: { value: 'PRECISION', summary: `${PRECISIONS.join(', ')} (default ${PRECISIONS[0]})` },
    out: { value: 'FILE', summary: 'the file to write' },
  },
  async run(args, { engine, home, cacheLimitBytes, listener, signal, print }) {
    const [run] = takePositionals(args, ['run']);
    const out = args.values.get('out')?.[0];
    if (out === undefined) throw usageError('--out FILE is missing; name the file to write.');
    const format = readChoice('--format', args.values.get('format')?.[0] ?? EXPORT_FORMATS[0], EXPORT_FORMATS);
    const precision = readChoice('--precision', args.values.get('precision')?.[0] ?? PRECISIONS[0], PRECISIONS);
    const result = await engine.exportRun({ home, cacheLimitBytes, run, format, precision, out, listener, signal });
    print(result, () => formatExport(result));
  },
};
