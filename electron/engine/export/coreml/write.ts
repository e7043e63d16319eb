import { listSteps } from '../../lowering/index.ts';
import { checkRequest } from '../check-request.ts';
import { describeAsTexts, parseTexts } from '../description.ts';
import type { ExportDescription } from '../exporter.ts';
import { RESIZE } from '../preprocessing.ts';
import type { ExportRequest } from '../request.ts';
import { buildFunction, INPUT, LABEL, PROBABILITIES } from './graph.ts';
import { RGB } from './messages.ts';
import { readPackage, writePackage } from './package.ts';

const FORMAT = 'decant-coreml-1';
/** Of Core ML 6: iOS 16, macOS 13, tvOS 16, watchOS 9 and later. */
const SPECIFICATION_VERSION = 7;

/**
 * A zip archive with a Core ML package (`.mlpackage`): an ML program that takes a picture, normalizes its pixels itself and
 * gives the most likely class and the probability of each, labels and preprocessing in its metadata. Equal requests give equal
 * bytes.
 *
 * It is an ML program, not one of the older neural networks: their layers have no types, so that Core ML itself chooses in what
 * it computes; a program says it for each value, and what runs is what was checked here. Its operations are those of
 * `lowering/` nearly one to one, and only programs are still developed by Apple.
 *
 * @throws DecantError `weights.mismatch` or `network.invalid`; `export.mismatch` for a weight that does not fit into 16 bits
 */
export function writeCoreml(request: ExportRequest): Uint8Array {
  checkRequest(request);
  const { network, weights, classes, precision = 'fp32' } = request;
  const program = listSteps(network, weights);
  const built = buildFunction(program, classes, precision === 'fp32' ? 'fp32' : 'fp16');
  const [height, width] = network.inputSize;
  const model = {
    specificationVersion: SPECIFICATION_VERSION,
    description: {
      input: [
        {
          name: INPUT,
          shortDescription: `The picture, ${width} pixels wide and ${height} high.`,
          type: { imageType: { width, height, colorSpace: RGB } },
        },
      ],
      output: [
        { name: LABEL, shortDescription: 'The most likely class.', type: { stringType: {} } },
        {
          name: PROBABILITIES,
          shortDescription: 'The probability of each class.',
          type: { dictionaryType: { stringKeyType: {} } },
        },
      ],
      predictedFeatureName: LABEL,
      predictedProbabilitiesName: PROBABILITIES,
      metadata: {
        shortDescription: `Tells ${classes.length} classes of pictures apart (${network.architecture}, ${precision}). It normalizes pixels itself. Pictures of other sizes: ${RESIZE}.`,
        versionString: FORMAT,
        author: 'Decant',
        userDefined: describeAsTexts(request, { format: FORMAT, input: INPUT, output: PROBABILITIES, layout: 'image' }),
      },
    },
    mlProgram: { version: 1, functions: { main: built.main } },
  };
  return writePackage({ model, weights: built.weights });
}

/**
 * What a file that Decant wrote says about itself.
 *
 * @throws DecantError `model.unreadable` when it is damaged or another program wrote it
 */
export function readDescription(bytes: Uint8Array): ExportDescription {
  const { metadata } = readPackage(bytes).model.description;
  return parseTexts('Core ML', FORMAT, new Map(Object.entries(metadata?.userDefined ?? {})));
}
