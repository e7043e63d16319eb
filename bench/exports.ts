/**
 * Exports the teacher and the pruned student of finished runs in every format and precision, and says of each bar whether it is
 * met. The exit status is 1 where one is not.
 *
 *     node bench/exports.ts --home DIR --run ID [--run ID …] [--images 1000] [--latency-size 224] [--json]
 *
 * `--images`: test images on which logits are compared, at most. Figures are of the whole test split.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startCompute, stopCompute } from '../electron/engine/compute/index.ts';
import { systemClock } from '../electron/engine/core/clock.ts';
import { Random } from '../electron/engine/core/random.ts';
import { decodeFlatBuffer } from '../electron/engine/export/flatbuffer.ts';
import {
  EXPORTERS,
  type Exporter,
  type ExportFormat,
  type ExportRequest,
  evaluateExport,
  type Precision,
  timeExport,
  verifyExport,
} from '../electron/engine/export/index.ts';
import { FILE_IDENTIFIER, MODEL } from '../electron/engine/export/tflite/schema.ts';
import { listSteps } from '../electron/engine/lowering/index.ts';
import { evaluate } from '../electron/engine/measure/index.ts';
import { countNetwork, initializeWeights } from '../electron/engine/model/index.ts';
import { type Quantization, quantizeNetwork } from '../electron/engine/quantize/index.ts';
import { evaluationBatches, spread } from '../electron/engine/run/context/batches.ts';
import { describeModel, type Model } from '../electron/engine/run/context/models.ts';
import { chooseIntegers } from '../electron/engine/run/results/choose-integers.ts';
import { type FinishedRun, withFinishedRun } from '../electron/engine/run/results/finished-run.ts';
import { EXPORT_FILES } from '../shared/run/export-files.ts';
import { formatBytes, formatMilliseconds, formatShare } from '../shared/text/format.ts';
import { formatTable } from '../shared/text/table.ts';
import { readZip } from '../test/engine/export/read-zip.ts';
import { drawBatches, requestOf } from '../test/engine/export/samples.ts';
import { stackConvolutions } from './stack-convolutions.ts';

const { values } = parseArgs({
  options: {
    run: { type: 'string', multiple: true },
    home: { type: 'string' },
    images: { type: 'string', default: '1000' },
    'latency-size': { type: 'string', default: '224' },
    json: { type: 'boolean', default: false },
  },
});
const { run: runs, home } = values;
if (runs === undefined || home === undefined) throw new Error('Name runs and their home: --home DIR --run ID.');

/** TRANSPOSE among TFLite's builtin operators. */
const TRANSPOSE = 39;
/** A second reader of TFLite files; what Debian has of it wants weights to be constants, which those of 16 bits are not. */
const PYTHON = '/usr/bin/python3';
const ARMNN = fileURLToPath(new URL('../test/engine/export/parse-with-armnn.py', import.meta.url));

interface FileFigures {
  readonly run: string;
  readonly role: 'teacher' | 'student';
  readonly format: ExportFormat;
  readonly precision: Precision;
  readonly bytes: number;
  /** Without the page and the library that a web model comes with. */
  readonly networkBytes: number;
  readonly top1: number;
  /** Our own forward pass, in floats. */
  readonly wholeTop1: number;
  /** Of the range of the logits. */
  readonly difference: number;
  readonly agreement: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number };
  readonly runtime: string;
  readonly integersTrained: boolean;
  /** Output channels of all layers with weights, after batch norms are folded. */
  readonly channels: number;
}

interface Bar {
  readonly of: string;
  readonly what: string;
  readonly limit: string;
  readonly value: string;
  /** Null: it cannot be looked at here. */
  readonly met: boolean | null;
}

const files: FileFigures[] = [];
const bars: Bar[] = [];
const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'decant-exports-'));
const tell = (text: string) => process.stderr.write(`${text}\n`);

try {
  for (const run of runs)
    await withFinishedRun({ home, run, listener: () => undefined, signal }, async (finished) => {
      await startCompute();
      try {
        if ('weights' in finished.teacher) await exportRole(finished, 'teacher');
        await exportRole(finished, 'student');
        await judgePruning(finished);
        await judgeSpeed(finished);
      } finally {
        await stopCompute();
      }
    });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const failed = bars.filter(({ met }) => met === false);
process.stdout.write(
  values.json ? `${JSON.stringify({ files, bars }, null, 2)}\n` : `${formatFiles()}\n\n${formatBars()}\n`,
);
tell(failed.length === 0 ? 'Every bar is met.' : `${failed.length} of ${bars.length} bars are not met.`);
process.exit(failed.length === 0 ? 0 : 1);

/** Writes, verifies and measures one network in every format and precision. */
async function exportRole(finished: FinishedRun, role: 'teacher' | 'student'): Promise<void> {
  const { id, recipe, data, teacher } = finished;
  const model = finished[role] as Model; // A teacher of another make is left out.
  const random = new Random(recipe.seed);
  const context = { recipe, random, clock: systemClock, listener: () => undefined, signal };
  const read = (indices: Int32Array) => evaluationBatches(context, data, indices);
  const { test } = data.splits;
  const { top1: wholeTop1 } = await evaluate({ ...model, batches: read(test) });
  const channels = countChannels(model);
  let quantization: Quantization | null = null;
  const written: { file: string; precision: Precision }[] = [];
  for (const format of Object.keys(EXPORTERS) as ExportFormat[])
    for (const precision of EXPORT_FILES[format].precisions) {
      tell(`${id} ${role} ${format} ${precision}`);
      const exporter: Exporter = EXPORTERS[format];
      const integers = exporter.isInteger(precision);
      if (integers) quantization ??= await chooseIntegers(context, data, { student: model, teacher });
      const request: ExportRequest = {
        ...model,
        classes: data.classes,
        precision,
        ...(integers && quantization && { quantization: quantization.plan }),
      };
      const bytes = exporter.write(request);
      const compared = spread(test, Number(values.images));
      const { maxAbsDifference, range, top1Agreement, caveat } = await verifyExport({
        exporter,
        bytes,
        request,
        batches: read(compared),
      });
      if (caveat !== null) tell(caveat);
      const { top1 } = await evaluateExport({ exporter, bytes, batches: read(test) });
      const latency = await timeExport({ exporter, bytes, runs: recipe.measure.latencyRuns, threads: 1, signal });
      files.push({
        run: id,
        role,
        format,
        precision,
        bytes: bytes.byteLength,
        networkBytes: await measureNetwork(format, bytes),
        top1,
        wholeTop1,
        difference: maxAbsDifference / range,
        agreement: top1Agreement,
        ...latency,
        channels,
        integersTrained: integers && quantization?.plan.trained === true,
      });
      judgeFile(files.at(-1)!);
      if (format !== 'tflite') continue;
      const file = join(folder, `${id}-${role}-${precision}.tflite`);
      writeFileSync(file, bytes);
      written.push({ file, precision });
      const { operatorCodes = [] } = decodeFlatBuffer(MODEL, bytes, FILE_IDENTIFIER);
      const transposes = operatorCodes.filter(({ builtinCode }) => builtinCode === TRANSPOSE).length;
      bars.push({
        of: nameOf(files.at(-1)!),
        what: 'Transpose operators',
        limit: '0',
        value: `${transposes}`,
        met: transposes === 0,
      });
    }
  for (const { file, precision } of written) judgeSecondReader(`${id} ${role} tflite ${precision}`, file, precision);
}

function judgeFile(file: FileFigures): void {
  const of = nameOf(file);
  const share = (value: number) => `${(100 * value).toFixed(2)} points`;
  const loss = file.wholeTop1 - file.top1;
  if (file.precision === 'fp32') {
    bars.push({
      of,
      what: 'top-1 agreement',
      limit: '100 %',
      value: `${(100 * file.agreement).toFixed(2)} %`,
      met: file.agreement === 1,
    });
    bars.push({
      of,
      what: '|difference| / range',
      limit: '0.001',
      value: file.difference.toExponential(1),
      met: file.difference <= 1e-3,
    });
  } else if (file.precision === 'fp16')
    bars.push({
      of,
      what: 'top-1 beside fp32',
      limit: '0.1 points',
      value: share(Math.abs(loss)),
      met: Math.abs(loss) <= 0.001 + 1e-9,
    });
  else {
    bars.push({ of, what: 'top-1 lost', limit: '1 point', value: share(loss), met: loss <= 0.01 + 1e-9 });
    const whole = sizeOf(file.run, file.role, file.format, 'fp32');
    const smaller = whole / file.networkBytes;
    // A scale, a bias and the bias's scale, 4 bytes each, stand beside the weights of every channel.
    const numbers = formatBytes(file.channels * 12);
    const value = `${smaller.toFixed(2)} x (${numbers} are bias and scales of ${file.channels} channels)`;
    bars.push({ of, what: 'smaller than fp32', limit: '3.5 x', value, met: smaller >= 3.5 });
  }
}

function judgeSecondReader(of: string, file: string, precision: Precision): void {
  const bar = { of, what: 'a second reader parses it', limit: 'Arm NN' };
  if (precision === 'fp16') {
    bars.push({ ...bar, value: 'Debian’s cannot read 16-bit weights', met: null });
    return;
  }
  try {
    execFileSync(PYTHON, ['-c', 'import pyarmnn'], { stdio: 'ignore' });
  } catch {
    bars.push({ ...bar, value: 'python3-pyarmnn is not installed', met: null });
    return;
  }
  try {
    const lines = execFileSync(PYTHON, [ARMNN, file], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .split('\n');
    const parsed: unknown = JSON.parse(lines.find((line) => line.startsWith('{')) ?? 'null');
    bars.push({ ...bar, value: parsed === null ? 'no' : 'yes', met: parsed !== null });
  } catch (error) {
    bars.push({ ...bar, value: error instanceof Error ? error.message.split('\n')[0]! : 'no', met: false });
  }
}

/** The pruned files beside those of the whole student, whose numbers have no part in their size. */
async function judgePruning({ id, recipe, data, student, baseline }: FinishedRun): Promise<void> {
  const network = baseline?.network ?? describeModel(recipe, 'student', data.classes.length);
  const whole: Model = baseline ?? { network, weights: initializeWeights(network, new Random('size')) };
  const saved = 1 - countNetwork(student.network).parameters / countNetwork(network).parameters;
  for (const format of Object.keys(EXPORTERS) as ExportFormat[])
    for (const precision of ['fp32', 'fp16'] as const) {
      const exporter: Exporter = EXPORTERS[format];
      const before = await measureNetwork(format, exporter.write({ ...whole, classes: data.classes, precision }));
      const smaller = 1 - sizeOf(id, 'student', format, precision) / before;
      bars.push({
        of: `${id} student ${format} ${precision}`,
        what: 'smaller than unpruned',
        limit: formatShare(saved - 0.05),
        value: formatShare(smaller),
        met: smaller >= saved - 0.05,
      });
    }
}

/** The student at the size of phones, in LiteRT: its weights fit any size of images. */
async function judgeSpeed({ id, data, student }: FinishedRun): Promise<void> {
  const size = Number(values['latency-size']);
  const request: ExportRequest = {
    network: { ...student.network, inputSize: [size, size] },
    weights: student.weights,
    classes: data.classes,
  };
  tell(`${id} student at ${size} x ${size} in LiteRT`);
  const { fp32, int8 } = await timeInTurns(request);
  const of = `${id} student tflite int8`;
  const what = `faster than fp32 at ${size} x ${size}`;
  const value = `${(fp32 / int8).toFixed(2)} x (${formatMilliseconds(fp32)} to ${formatMilliseconds(int8)})`;
  bars.push({ of, what, limit: '1.5 x', value, met: fp32 / int8 >= 1.5 });
  // What no graph can exceed: the runtime's own kernels on this processor, each alone.
  for (const kind of ['1x1', '3x3 depthwise'] as const) {
    const lone = await timeInTurns(requestOf(stackConvolutions(kind)));
    const ratio = `${(lone.fp32 / lone.int8).toFixed(2)} x`;
    bars.push({ of, what: `${kind} convolutions alone, for comparison`, limit: '', value: ratio, met: null });
  }
}

/** Milliseconds in LiteRT, least of the medians of some rounds in turns, so that a busy machine is as busy for both. */
async function timeInTurns(request: ExportRequest): Promise<{ fp32: number; int8: number }> {
  const { plan } = await quantizeNetwork({ ...request, batches: drawBatches(request.network, [4]) });
  const time = async (precision: Precision) => {
    const bytes = EXPORTERS.tflite.write({ ...request, precision, quantization: plan });
    return (await timeExport({ exporter: EXPORTERS.tflite, bytes, runs: 100, threads: 1, signal })).latencyMs.p50;
  };
  const rounds: { fp32: number; int8: number }[] = [];
  for (let round = 0; round < 3; round++) rounds.push({ fp32: await time('fp32'), int8: await time('int8') });
  return {
    fp32: Math.min(...rounds.map((round) => round.fp32)),
    int8: Math.min(...rounds.map((round) => round.int8)),
  };
}

/** Bytes of the graph and its weights. */
async function measureNetwork(format: ExportFormat, bytes: Uint8Array): Promise<number> {
  if (format !== 'tfjs') return bytes.byteLength;
  const entries = Object.entries(await readZip(bytes)).filter(([name]) => /(^|[/])(model[.]json|.*[.]bin)$/.test(name));
  return entries.reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
}

function sizeOf(run: string, role: string, format: string, precision: string): number {
  return files.find(
    (file) => file.run === run && file.role === role && file.format === format && file.precision === precision,
  )!.networkBytes;
}

function countChannels({ network, weights }: Model): number {
  const steps = listSteps(network, weights).steps;
  return steps.reduce((sum, step) => sum + (step.op === 'conv' || step.op === 'dense' ? step.bias.length : 0), 0);
}

function nameOf({ run, role, format, precision }: FileFigures): string {
  return `${run} ${role} ${format} ${precision}`;
}

function formatFiles(): string {
  return formatTable(
    [
      { title: 'File' },
      { title: 'Size', align: 'right' },
      { title: 'smaller', align: 'right' },
      { title: 'top-1', align: 'right' },
      { title: 'ours', align: 'right' },
      { title: 'difference / range', align: 'right' },
      { title: 'p50', align: 'right' },
      { title: 'p95', align: 'right' },
      { title: 'Runtime' },
    ],
    files.map((file) => [
      `${nameOf(file)}${file.integersTrained ? ', trained with' : ''}`,
      formatBytes(file.bytes),
      `${(sizeOf(file.run, file.role, file.format, 'fp32') / file.networkBytes).toFixed(2)} x`,
      formatShare(file.top1),
      formatShare(file.wholeTop1),
      file.difference.toExponential(1),
      formatMilliseconds(file.latencyMs.p50),
      formatMilliseconds(file.latencyMs.p95),
      file.runtime,
    ]),
  );
}

function formatBars(): string {
  const columns = [{ title: 'Bar' }, { title: 'of' }, { title: 'asked' }, { title: 'found' }, { title: '' }];
  const verdict = ({ met, limit }: Bar) =>
    limit === '' ? '' : met === null ? 'not looked at' : met ? 'met' : 'MISSED';
  return formatTable(
    columns,
    bars.map((bar) => [bar.what, bar.of, bar.limit, bar.value, verdict(bar)]),
  );
}
