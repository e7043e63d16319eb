import { formatPlural } from '../../../shared/text/format.ts';
import { readChoice, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { computeOptions, readThreads } from '../compute-options.ts';
import { JOB_BACKENDS } from '../engine.ts';
import { takePositionals } from '../positionals.ts';
import { queueOptions } from '../queue-options.ts';

export const worker: Command = {
  name: 'worker',
  synopsis: '--queue URL --blobs DIR',
  summary: 'Computes runs of other machines: takes jobs from a queue, one at a time, until it is stopped.',
  details: `It needs no dataset of its own: images and weights come from the shared folder. A worker takes only jobs of its own
version of Decant and of its back end, and says which it declines. Ctrl-C gives its job back.`,
  options: {
    ...queueOptions,
    backend: { value: 'NAME', summary: `compute back end: ${JOB_BACKENDS.join(', ')} (default simd)` },
    threads: computeOptions.threads,
    'until-empty': { summary: 'end when no job waits' },
  },
  async run(args, { engine, home, cacheLimitBytes, listener, signal, print }) {
    takePositionals(args, []);
    const [[queue] = [], [blobs] = []] = [args.values.get('queue'), args.values.get('blobs')];
    if (queue === undefined || blobs === undefined)
      throw usageError(
        'A worker needs a queue and a shared folder: --queue postgres://user@host/database --blobs DIR.',
      );
    const result = await engine.work({
      home,
      cacheLimitBytes,
      queue,
      blobs,
      backend: readChoice('--backend', args.values.get('backend')?.[0] ?? 'simd', JOB_BACKENDS),
      threads: readThreads(args),
      untilEmpty: args.flags.has('until-empty'),
      listener,
      signal,
    });
    print(result, () => `${formatPlural(result.done, 'job')} done, ${result.failed} failed, ${result.lost} lost.`);
  },
};
