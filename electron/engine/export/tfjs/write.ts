import { listSteps } from '../../lowering/index.ts';
import { checkRequest } from '../check-request.ts';
import { describeRequest, listLabels } from '../description.ts';
import type { ExportRequest } from '../request.ts';
import { writeZip } from '../zip.ts';
import { buildGraph, INPUT, OUTPUT } from './graph.ts';
import { listLibraries, writePage } from './page.ts';

export const FORMAT = 'decant-tfjs-1';
export const MODEL_FILE = 'model.json';
export const WEIGHTS_FILE = 'weights.bin';

/**
 * A zip archive with a TensorFlow.js graph model (`model.json`, `weights.bin`), its labels and a page that runs it, with all
 * that the page needs: unpacked on any web server, it works as it is. Equal requests give equal bytes.
 *
 * @throws DecantError `weights.mismatch` or `network.invalid`
 */
export function writeTfjs(request: ExportRequest): Uint8Array {
  checkRequest(request);
  const { nodes, weights, data } = buildGraph(listSteps(request.network, request.weights), request.precision ?? 'fp32');
  const model = {
    format: 'graph-model',
    generatedBy: 'Decant',
    convertedBy: null,
    signature: {
      inputs: { [INPUT]: describeTensor(INPUT, [...request.network.inputSize, 3]) },
      outputs: { [OUTPUT]: describeTensor(OUTPUT, [request.network.classes]) },
    },
    userDefinedMetadata: describeRequest(request, { format: FORMAT, input: INPUT, output: OUTPUT }),
    modelTopology: { node: nodes, library: {}, versions: {} },
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights }],
  };
  return writeZip([
    entry(MODEL_FILE, JSON.stringify(model)),
    { name: WEIGHTS_FILE, bytes: data },
    entry('labels.txt', listLabels(request.classes)),
    { ...entry('index.html', writePage(request)), compress: true },
    ...listLibraries().map((library) => ({ ...library, compress: true })),
  ]);
}

function describeTensor(name: string, shape: readonly number[]) {
  return {
    name: `${name}:0`,
    dtype: 'DT_FLOAT',
    tensorShape: { dim: [-1, ...shape].map((size) => ({ size: `${size}` })) },
  };
}

function entry(name: string, content: string) {
  return { name, bytes: new TextEncoder().encode(content) };
}
