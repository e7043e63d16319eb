import { formatSweep } from '../../../shared/run/sweep-text.ts';
import { parseRecipe, type SweepPlanPoint } from '../../engine/index.ts';
import { type ParsedArguments, readChoice, readInteger, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { computeOptions, readThreads } from '../compute-options.ts';
import { BACKENDS, JOB_BACKENDS } from '../engine.ts';
import { takePositionals } from '../positionals.ts';
import { queueOptions } from '../queue-options.ts';
import { readRecipeInput } from '../recipe-input.ts';

/** More would be a mistake: each is a whole run. */
const MOST_RUNS = 10_000;

export const sweep: Command = {
  name: 'sweep',
  synopsis: '<dataset>',
  summary: 'Runs a recipe with some keys varied, several seeds each, here or on the workers of a queue.',
  details: `--grid prune.macs=0.4,0.5,0.6 makes a point of each value; several --grid combine. What is computed is kept: the same command
goes on with a sweep that was stopped, and a longer grid computes only what is new. "decant worker" starts a worker.`,
  options: {
    recipe: { value: 'FILE', summary: 'JSON file with a recipe, or part of one' },
    set: { value: 'KEY=VALUE', multiple: true, summary: 'set one recipe key for all runs; repeatable' },
    grid: {
      value: 'KEY=A,B,C',
      multiple: true,
      summary: 'vary one recipe key, or several; a JSON list where values have commas; repeatable',
    },
    seeds: { value: 'N', summary: 'runs of each point, with seeds from that of the recipe on (default 1)' },
    'allow-files-outside': { summary: "open files that the recipe's file names outside its own folder" },
    out: { value: 'DIR', summary: 'folder for sweep.json, and the report and student of each run' },
    ...queueOptions,
    backend: {
      value: 'NAME',
      summary: `compute back end: ${BACKENDS.join(', ')} (default auto; with --queue simd, whose bits are the same everywhere)`,
    },
    threads: computeOptions.threads,
  },
  async run(args, { engine, home, cacheLimitBytes, listener, signal, print }) {
    const [dataset] = takePositionals(args, ['dataset']);
    const first = (name: string): string | undefined => args.values.get(name)?.[0];
    const [queue, blobs] = [first('queue') ?? null, first('blobs') ?? null];
    if (queue !== null && blobs === null)
      throw usageError('--queue needs a folder that its machines share: add --blobs DIR.');
    const [backends, usual] = queue === null ? [BACKENDS, 'auto'] : [JOB_BACKENDS, 'simd'];
    const backend = readChoice('--backend', first('backend') ?? usual, backends);
    const seeds = readInteger('seeds', first('seeds') ?? '1', { from: 1, to: MOST_RUNS });
    const points = readPoints(args, home);
    if (points.length * seeds > MOST_RUNS)
      throw usageError(`These are ${points.length * seeds} runs; at most ${MOST_RUNS} are allowed.`);
    const out = first('out') ?? null;
    const result = await engine.sweep({
      home,
      cacheLimitBytes,
      dataset,
      points,
      seeds,
      queue,
      blobs,
      out,
      backend,
      threads: readThreads(args),
      listener,
      signal,
    });
    print(result, () => (out === null ? formatSweep(result) : `${formatSweep(result)}\nWritten to  ${out}`));
  },
};

/** Every combination of the grid's values, the last key varying fastest. */
function readPoints(args: ParsedArguments, home: string): SweepPlanPoint[] {
  const [file] = args.values.get('recipe') ?? [];
  const set = args.values.get('set') ?? [];
  const allowOutside = args.flags.has('allow-files-outside');
  let combinations: Record<string, string>[] = [{}];
  for (const { key, values } of readGrid(args))
    combinations = combinations.flatMap((settings) => values.map((value) => ({ ...settings, [key]: value })));
  if (combinations.length > MOST_RUNS)
    throw usageError(`The grid has ${combinations.length} points; at most ${MOST_RUNS} are allowed.`);
  return combinations.map((settings) => {
    const varied = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    const recipe = readRecipeInput(file, [...set, ...varied], { home, allowOutside });
    const source = [file, ...varied].filter((part) => part !== undefined).join(' with ');
    return { settings, recipe: parseRecipe(recipe, source === '' ? undefined : source) };
  });
}

function readGrid({ values }: ParsedArguments): { key: string; values: string[] }[] {
  const grid = (values.get('grid') ?? []).map((text) => {
    const [, key = '', list = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (key === '') throw usageError(`--grid ${text} is not understood; write --grid key=a,b,c.`);
    if (key === 'seed') throw usageError('The seed is varied with --seeds N, not with --grid.');
    return { key, values: [...new Set(splitValues(list))] };
  });
  const twice = grid.find(({ key }, index) => grid.findIndex((other) => other.key === key) !== index);
  if (twice) throw usageError(`--grid ${twice.key} is given twice; put all its values into one.`);
  return grid;
}

/** Values between commas, or the entries of a JSON list. */
function splitValues(list: string): string[] {
  if (list.startsWith('['))
    try {
      const parsed: unknown = JSON.parse(list);
      if (Array.isArray(parsed))
        return parsed.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
    } catch {
      // Values between commas, of which the first begins with a bracket.
    }
  const values = list.split(',').map((value) => value.trim());
  if (values.includes(''))
    throw usageError(`"${list}" has an empty value; write the values with one comma between them.`);
  return values;
}
