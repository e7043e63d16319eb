import type { OnnxModel } from '../../onnx/messages.ts';
import { describeAsTexts, parseTexts } from '../description.ts';
import type { ExportDescription } from '../exporter.ts';
import type { ExportRequest } from '../request.ts';

const FORMAT = 'decant-onnx-1';

/** Metadata of an ONNX file, as text by key. */
export function writeMetadata(request: ExportRequest): OnnxModel['metadataProps'] {
  const texts = describeAsTexts(request, { format: FORMAT, input: 'image', output: 'logits', layout: 'NCHW' });
  return Object.entries(texts).map(([key, value]) => ({ key, value }));
}

/**
 * What an ONNX file that Decant wrote says about itself.
 *
 * @throws DecantError `model.unreadable` when another program wrote it
 */
export function readMetadata(model: OnnxModel): ExportDescription {
  return parseTexts('ONNX', FORMAT, new Map(model.metadataProps.map(({ key, value }) => [key, value])));
}
