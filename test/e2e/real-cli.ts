import { runCli } from '../../electron/cli/run-cli.ts';
import * as engine from '../../electron/engine/index.ts';
import type { PartialRecipe } from '../../shared/run/recipe.ts';

export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
}

/** The command line with the real engine, in this process. `stopAt`: a text on stderr at which Ctrl-C is pressed. */
export async function decant(args: readonly string[], { stopAt = null }: { stopAt?: string | null } = {}) {
  const result: CliResult = { status: -1, stdout: '', stderr: '' };
  let interrupt = (): void => undefined;
  result.status = await runCli(args, {
    engine,
    env: {},
    stdout: {
      write(text) {
        result.stdout += text;
      },
    },
    stderr: {
      write(text) {
        result.stderr += text;
        if (stopAt !== null && text.includes(stopAt)) interrupt();
      },
    },
    onInterrupt(listener) {
      interrupt = listener;
      return () => {
        interrupt = () => undefined;
      };
    },
    now: () => performance.now(),
    exit: (status) => {
      throw new Error(`The command line ended the process with ${status}.`);
    },
  });
  return result;
}

/** The smallest run that still walks the whole road. */
export const TINY_RECIPE = {
  data: { inputSize: 16, validation: 0.25, test: 0.25 },
  teacher: { width: 0.25, stemStride: 2 },
  student: { width: 0.25, stemStride: 2 },
  train: { batch: 8, teacherEpochs: 2, warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
  prune: { macs: 0.8, steps: 1 },
  // What one epoch teaches, and files of 16 bits keep.
  distill: {
    crossEntropy: { weight: 0.5 },
    logits: { weight: 0.5 },
    features: { weight: 0.5 },
    reviewkd: { weight: 0 },
  },
  measure: { latencyRuns: 10, ckaImages: 8 },
} satisfies PartialRecipe;
