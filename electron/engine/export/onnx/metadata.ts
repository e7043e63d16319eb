import type { OnnxModel } from '../../onnx/messages.ts';
import { foreignFile, listLabels, parseDescription } from '../description.ts';
import type { ExportDescription } from '../exporter.ts';
import { describePreprocessing } from '../preprocessing.ts';
import type { ExportRequest } from '../request.ts';

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
    'labels.txt': listLabels(classes),
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
  if (format !== FORMAT) throw foreignFile('ONNX', format, FORMAT);
  return parseDescription('ONNX', () => ({
    architecture: texts.get('architecture'),
    labels: JSON.parse(texts.get('labels') ?? ''),
    preprocessing: JSON.parse(texts.get('preprocessing') ?? ''),
  }));
}
