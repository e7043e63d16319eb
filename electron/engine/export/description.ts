import { findClassesFault } from '../../../shared/run/network-limits.ts';
import { shorten, showValue } from '../../../shared/text/shorten.ts';
import { DecantError } from '../core/errors.ts';
import type { ExportDescription } from './exporter.ts';
import { describePreprocessing } from './preprocessing.ts';
import type { ExportRequest } from './request.ts';

/** What the metadata of a file of any format holds, each as JSON or text. */
export interface DescriptionTexts {
  readonly architecture: unknown;
  /** A list of names in the order of the logits. */
  readonly labels: unknown;
  /** `{inputSize, resize, normalization: {mean, std}}`. */
  readonly preprocessing: unknown;
}

/**
 * What a file says about itself.
 *
 * @param format of the file, for the message
 * @throws DecantError `model.unreadable` where something is missing or of the wrong kind
 */
export function parseDescription(format: string, parse: () => DescriptionTexts): ExportDescription {
  try {
    const { architecture, labels, preprocessing } = parse();
    const { inputSize, resize, normalization } = recordOf(preprocessing);
    const { mean, std } = recordOf(normalization);
    const [height, width] = numbersOf(inputSize, 2);
    return {
      architecture: typeof architecture === 'string' ? shorten(architecture) : '',
      classes: textsOf(labels),
      preprocessing: {
        inputSize: [height!, width!],
        resize: shorten(String(resize), 500),
        mean: numbersOf(mean, 3),
        std: numbersOf(std, 3),
      },
    };
  } catch (error) {
    if (error instanceof DecantError) throw error;
    throw new DecantError(
      'model.unreadable',
      `The ${format} file's metadata is damaged (${shorten(error instanceof Error ? error.message : String(error), 200)}); export the network again.`,
      {},
      { cause: error },
    );
  }
}

/**
 * The description as text by key, for formats whose metadata are texts: `decant.format`, `architecture`, `labels` (JSON list in
 * the order of the logits), `labels.txt` (one a line), `preprocessing` (JSON) and, where it is known, `calibration` (JSON).
 */
export function describeAsTexts(
  request: ExportRequest,
  { format, input, output, layout }: { format: string; input: string; output: string; layout: string },
): Record<string, string> {
  const { network, classes } = request;
  const calibration = describeCalibration(request);
  const { inputSize, resize, mean, std } = describePreprocessing(network);
  return {
    'decant.format': format,
    architecture: network.architecture,
    labels: JSON.stringify(classes),
    'labels.txt': listLabels(classes),
    preprocessing: JSON.stringify({
      input,
      output,
      layout,
      channelOrder: 'RGB',
      range: [0, 255],
      inputSize,
      resize,
      normalization: { mean, std, appliedBy: 'the graph' },
    }),
    ...(calibration && { calibration: JSON.stringify(calibration) }),
  };
}

/**
 * What `describeAsTexts` wrote.
 *
 * @param name of the file's format, for the message
 * @param format that the description has to have
 * @throws DecantError `model.unreadable`
 */
export function parseTexts(name: string, format: string, texts: ReadonlyMap<string, string>): ExportDescription {
  const found = texts.get('decant.format');
  if (found !== format) throw foreignFile(name, found, format);
  return parseDescription(name, () => ({
    architecture: texts.get('architecture'),
    labels: JSON.parse(texts.get('labels') ?? ''),
    preprocessing: JSON.parse(texts.get('preprocessing') ?? ''),
  }));
}

/** The description that the files of TensorFlow's formats carry, as JSON. */
export function describeRequest(
  request: ExportRequest,
  names: { format: string; input: string; output: string },
): Record<string, unknown> {
  const { network, classes, precision = 'fp32' } = request;
  const { inputSize, resize, mean, std } = describePreprocessing(network);
  const calibration = describeCalibration(request);
  return {
    format: names.format,
    architecture: network.architecture,
    precision,
    labels: classes,
    ...(calibration && { calibration }),
    preprocessing: {
      input: names.input,
      output: names.output,
      layout: 'NHWC',
      channelOrder: 'RGB',
      range: [0, 255],
      inputSize,
      resize,
      normalization: { mean, std, appliedBy: 'the graph' },
    },
  };
}

/** How a file's output gives calibrated probabilities; null where it is not known. */
function describeCalibration({ temperature }: ExportRequest): { temperature: number; use: string } | null {
  if (!temperature) return null;
  const use =
    'Calibrated probabilities are softmax(logits / temperature), or probabilities ^ (1 / temperature) scaled to a sum of 1. The file does not apply it.';
  return { temperature, use };
}

/**
 * What `describeRequest` wrote.
 *
 * @param name of the file's format, for the message
 * @param format that the description has to have
 * @param json undefined: the file has none
 * @throws DecantError `model.unreadable`
 */
export function parseJsonDescription(name: string, format: string, json: Uint8Array | undefined): ExportDescription {
  if (!json) throw foreignFile(name, undefined, format);
  return parseDescription(name, () => {
    const content = recordOf(JSON.parse(new TextDecoder().decode(json)));
    if (content.format !== format) throw foreignFile(name, content.format, format);
    const { architecture, labels, preprocessing } = content;
    return { architecture, labels, preprocessing };
  });
}

/**
 * The error for a file that carries no description of ours.
 *
 * @param found what its metadata says its format is; undefined: nothing
 */
export function foreignFile(format: string, found: unknown, expected: string): DecantError {
  return new DecantError(
    'model.unreadable',
    `The ${format} file's metadata says ${found === undefined ? 'nothing about labels and preprocessing' : showValue(found)}, expected "${expected}"; use a file that this version of Decant exported.`,
    { format: found },
  );
}

/** One line for each class, whatever it is called. */
export function listLabels(classes: readonly string[]): string {
  return classes.map((name) => name.replace(/\s+/g, ' ')).join('\n');
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`expected an object, got ${showValue(value)}`);
  return { ...value };
}

function textsOf(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw new Error(`expected a list of names, got ${showValue(value)}`);
  const fault = findClassesFault(value);
  if (fault !== null) throw new Error(`it ${fault}`);
  return value;
}

function numbersOf(value: unknown, count: number): number[] {
  if (!Array.isArray(value) || value.length !== count || !value.every(Number.isFinite))
    throw new Error(`expected ${count} numbers, got ${showValue(value)}`);
  return value;
}
