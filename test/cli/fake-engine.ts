import type { Engine } from '../../electron/cli/engine.ts';
import { runCli, type Surroundings } from '../../electron/cli/run-cli.ts';
import type { DatasetInspection } from '../../shared/run/inspection.ts';

/** Calls that the command line made, in their order. */
export type Calls = { method: string; options: Record<string, unknown> }[];

/** An engine that notes every call and fails, but for the methods given. */
export function createFakeEngine(methods: Partial<Engine> = {}): { engine: Engine; calls: Calls } {
  const calls: Calls = [];
  const note =
    <Options extends object, Result>(method: string, given: ((options: Options) => Promise<Result>) | undefined) =>
    (options: Options): Promise<Result> => {
      calls.push({ method, options: Object.fromEntries(Object.entries(options)) });
      return given ? given(options) : Promise.reject(new Error(`${method} was not expected`));
    };
  const engine: Engine = {
    inspect: note('inspect', methods.inspect),
    compress: note('compress', methods.compress),
    listRuns: note('listRuns', methods.listRuns),
    showRun: note('showRun', methods.showRun),
    deleteRun: note('deleteRun', methods.deleteRun),
    evaluateModel: note('evaluateModel', methods.evaluateModel),
    exportRun: note('exportRun', methods.exportRun),
    exportAll: note('exportAll', methods.exportAll),
    preparePhoneJob: note('preparePhoneJob', methods.preparePhoneJob),
    benchmarkOnDevice: note('benchmarkOnDevice', methods.benchmarkOnDevice),
    keepPhoneMeasurement: note('keepPhoneMeasurement', methods.keepPhoneMeasurement),
    measureLatency: note('measureLatency', methods.measureLatency),
    listLatencyTables: note('listLatencyTables', methods.listLatencyTables),
    forgetLatencyTable: note('forgetLatencyTable', methods.forgetLatencyTable),
    sweep: note('sweep', methods.sweep),
    work: note('work', methods.work),
    bench: note('bench', methods.bench),
    doctor: note('doctor', methods.doctor),
    repairStore: note('repairStore', methods.repairStore),
    countLostRuns: note('countLostRuns', methods.countLostRuns),
    demo: note('demo', methods.demo),
    listWeights: note('listWeights', methods.listWeights),
    downloadWeights: note('downloadWeights', methods.downloadWeights),
    removeWeights: note('removeWeights', methods.removeWeights),
  };
  return { engine, calls };
}

export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
  calls: Calls;
  /** Statuses with which the command line asked to end at once. */
  exits: number[];
}

/** Runs a command line with a fake engine and a clock that `tick` moves; `drive` is given the user's Ctrl-C. */
export async function runFake(
  args: readonly string[],
  methods: Partial<Engine> = {},
  options: {
    env?: Record<string, string>;
    terminal?: boolean;
    drive?: (hands: { interrupt(): void; tick(ms: number): void }) => void;
  } = {},
): Promise<CliResult> {
  const { engine, calls } = createFakeEngine(methods);
  let [stdout, stderr, nowMs] = ['', '', 0];
  const exits: number[] = [];
  const listeners = new Set<() => void>();
  const surroundings: Surroundings = {
    engine,
    env: { DECANT_HOME: '/home-of-decant', ...options.env },
    stdout: {
      write(text) {
        stdout += text;
      },
    },
    stderr: {
      write(text) {
        stderr += text;
      },
      isTTY: options.terminal ?? false,
      columns: 100,
    },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    now: () => nowMs,
    exit: (status) => void exits.push(status),
  };
  const running = runCli(args, surroundings);
  options.drive?.({
    interrupt: () => {
      for (const listener of listeners) listener();
    },
    tick(ms) {
      nowMs += ms;
    },
  });
  return { status: await running, stdout, stderr, calls, exits };
}

export const INSPECTION: DatasetInspection = {
  name: 'flowers',
  images: 30,
  hasSplits: true,
  classes: [
    { name: 'daisy', images: 20, splits: { train: 15, test: 5 } },
    { name: 'rose\u001b[31m', images: 10, splits: { train: 8, test: 2 } },
  ],
  splits: { train: 23, test: 7 },
  imbalance: 2,
  sizes: [
    { from: 32, to: 64, images: 10 },
    { from: 64, to: 128, images: 20 },
  ],
  unreadable: [{ path: 'train/daisy/broken.jpg', reason: 'it ends early' }],
  duplicates: [['train/daisy/a.jpg', 'train/daisy/b.jpg']],
  leaks: [['train/daisy/a.jpg', 'test/daisy/c.jpg']],
  nearLeaks: [],
  conflicts: [['train/daisy/a.jpg', 'train/rose/a.jpg']],
  tooFew: [{ name: 'rose', images: 1, wanted: 5 }],
  unlabelled: { images: 0, broken: 0, unreadable: [], repeated: 0, copies: [], lookalikes: [], leaks: [] },
  ignored: [{ path: 'notes.txt', reason: 'not an image' }],
};
