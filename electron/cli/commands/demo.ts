import { formatReport } from '../../../shared/run/report-text.ts';
import type { Command } from '../command.ts';
import { computeOptions, readComputeOptions } from '../compute-options.ts';
import { takePositionals } from '../positionals.ts';

export const demo: Command = {
  name: 'demo',
  synopsis: '[--out DIR]',
  summary: 'Shows the whole process in a few minutes, on images that Decant draws itself.',
  options: {
    out: { value: 'DIR', summary: 'folder for the report, the networks and the export (default decant-demo)' },
    ...computeOptions,
  },
  async run(args, { engine, home, cacheLimitBytes, listener, signal, print }) {
    takePositionals(args, []);
    const out = args.values.get('out')?.[0] ?? 'decant-demo';
    const report = await engine.demo({ home, cacheLimitBytes, out, listener, signal, ...readComputeOptions(args) });
    print(report, () => `${formatReport(report)}\nWritten to  ${out}`);
  },
};
