import { readChoice, readInteger, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { computeOptions, readComputeOptions } from '../compute-options.ts';
import { BENCHMARKS } from '../engine.ts';
import { takePositionals } from '../positionals.ts';

export const bench: Command = {
  name: 'bench',
  synopsis: BENCHMARKS.join('|'),
  summary: 'Times one part of the engine on this machine and prints JSON.',
  details: `step: a distillation step, MobileNetV3-Large teaching MobileNetV2. inference: MobileNetV2, full and pruned to 60 % of
its MACs, in Decant and in onnxruntime-node. data: decoding JPEG files into the cache (cold), and reading and augmenting
batches from it (warm), compared with the training step that uses them; both should be at least twice as fast.`,
  options: {
    size: {
      value: 'N',
      summary: 'height and width of the images, pixels (default 32; inference 224; data 32 and 224)',
    },
    batch: { value: 'N', summary: 'images per batch (default 64; inference 1 and 64; data 64, or 8 at 224 pixels)' },
    source: { value: 'N', summary: 'data: height and width of the JPEG files (default: same as --size)' },
    steps: { value: 'N', summary: 'timed repetitions (default 10)' },
    ...computeOptions,
  },
  async run(args, { engine, print }) {
    const [text] = takePositionals(args, ['what']);
    const what = readChoice('The benchmark', text, BENCHMARKS);
    const read = (name: string, to: number): number | null => {
      const value = args.values.get(name)?.[0];
      return value === undefined ? null : readInteger(name, value, { from: 1, to });
    };
    const source = read('source', 4096);
    if (source !== null && what !== 'data') throw usageError(`--source works only with "bench data"; leave it out.`);
    const result = await engine.bench({
      what,
      size: read('size', 1024),
      batch: read('batch', 4096),
      source,
      steps: read('steps', 100_000) ?? 10,
      ...readComputeOptions(args),
    });
    print(result, () => JSON.stringify(result));
  },
};
