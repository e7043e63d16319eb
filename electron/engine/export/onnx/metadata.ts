import { DecantError } from '../../core/errors.ts';
import type { ExportDescription, ExportRequest } from '../exporter.ts';
import { describePreprocessing } from '../preprocessing.ts';
import type { OnnxModel } from './messages.ts';

const FORMAT = 'decant-onnx-1';

/**
 * Metadata of an ONNX file, as text by key: `decant.format`, `architecture`, `labels` (JSON list in the order of the logits),
 * `labels.txt` (one a line), `preprocessing` (JSON).
 */
export function writeMetadata({ network, classes }: ExportRequest): OnnxModel['metadataProps'] {
  const { inputSize, resize, mean, std } = describePreprocessing(network);
  const entries = {
    'decant.format': FORMAT,
    architecture: network.architecture,
    labels: JSON.stringify(classes),
    'labels.txt': classes.map((name) => name.replace(/\s+/g, ' ')).join('\n'),
    preprocessing: JSON.stringify({
      input: 'image',
      output: 'logits',
      layout: 'NCHW',
      channelOrder: 'RGB',
      range: [0, 255],
      inputSize,
      resize,
      normalization: { mean, std, appliedBy: 'the graph' },
    }),
  };
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

/**
 * What an ONNX file that Decant wrote says about itself.
 *
 * @throws DecantError `model.unreadable` when another program wrote it
 */
export function readMetadata(model: OnnxModel): ExportDescription {
  const texts = new Map(model.metadataProps.map(({ key, value }) => [key, value]));
  const format = texts.get('decant.format');
  if (format !== FORMAT)
    throw new DecantError(
      'model.unreadable',
      `The ONNX file's metadata says ${format === undefined ? 'nothing of labels and preprocessing' : `"${format}"`}, expected "${FORMAT}"; use a file that this version of Decant exported.`,
      { format },
    );
  try {
    const classes: unknown = JSON.parse(texts.get('labels') ?? '');
    const preprocessing: unknown = JSON.parse(texts.get('preprocessing') ?? '');
    const { inputSize, resize, normalization } = recordOf(preprocessing);
    const { mean, std } = recordOf(normalization);
    const [height, width] = numbersOf(inputSize, 2);
    return {
      architecture: texts.get('architecture') ?? '',
      classes: textsOf(classes),
      preprocessing: {
        inputSize: [height!, width!],
        resize: String(resize),
        mean: numbersOf(mean, 3),
        std: numbersOf(std, 3),
      },
    };
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      `The ONNX file's metadata is damaged (${error instanceof Error ? error.message : error}); export the network again.`,
      {},
      { cause: error },
    );
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`expected an object, got ${value}`);
  return { ...value };
}

function textsOf(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw new Error(`expected a list of names, got ${value}`);
  return value;
}

function numbersOf(value: unknown, count: number): number[] {
  if (!Array.isArray(value) || value.length !== count || !value.every(Number.isFinite))
    throw new Error(`expected ${count} numbers, got ${value}`);
  return value;
}
