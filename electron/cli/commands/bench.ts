import { readChoice, readInteger } from '../arguments.ts';
import type { Command } from '../command.ts';
import { computeOptions, readComputeOptions } from '../compute-options.ts';
import { BENCHMARKS } from '../engine.ts';
import { takePositionals } from '../positionals.ts';

export const bench: Command = {
  name: 'bench',
  synopsis: BENCHMARKS.join('|'),
  summary: 'Times one part of the engine on this machine and prints JSON.',
  details: `step: a distillation step, MobileNetV3-Large teaching MobileNetV2; inference: the student's forward pass;
data: reading and augmenting images.`,
  options: {
    size: { value: 'N', summary: 'height and width of the images, pixels (default 32)' },
    batch: { value: 'N', summary: 'images a step (default 64)' },
    steps: { value: 'N', summary: 'repetitions that are timed (default 10)' },
    ...computeOptions,
  },
  async run(args, { engine, print }) {
    const [text] = takePositionals(args, ['what']);
    const what = readChoice('The benchmark', text, BENCHMARKS);
    const read = (name: string, usual: number, to: number): number => {
      const value = args.values.get(name)?.[0];
      return value === undefined ? usual : readInteger(name, value, { from: 1, to });
    };
    const result = await engine.bench({
      what,
      size: read('size', 32, 1024),
      batch: read('batch', 64, 4096),
      steps: read('steps', 10, 100_000),
      ...readComputeOptions(args),
    });
    print(result, () => JSON.stringify(result));
  },
};
