import { findClassesFault } from '../../../../shared/run/network-limits.ts';
import { DecantError } from '../../core/errors.ts';
import { decodeModel, FLOAT, FLOAT16, type OnnxModel } from '../../onnx/messages.ts';

/** What an ONNX file says of itself, as far as a teacher needs it. */
export interface OnnxFacts {
  /** Of the logits: the first output. */
  readonly output: string;
  /** Of all that the file gives, the logits first. */
  readonly outputs: readonly string[];
  /**
   * Of what may be its embedding: an output after the logits that is called so, or else what enters the last dense layer; null
   * where there is neither.
   */
  readonly embedding: string | null;
  /** Names of all inner values, in the order in which they are computed. */
  readonly values: readonly string[];
  /** Numbers in its weights; running statistics of batch norm, where they are not folded, are among them. */
  readonly parameters: number;
  /** Layers that multiply with weights: their output, and how many multiplications each number of it takes. */
  readonly layers: readonly { readonly output: string; readonly multiplications: number }[];
  /** By key; those of a file that Decant wrote say how its images are prepared. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Names of the classes, in the order of the logits; null where it has none. */
  readonly labels: readonly string[] | null;
  /** Whether it takes RGB from 0 to 255, as Decant's own files do. */
  readonly takesBytes: boolean;
}

/** @throws DecantError `model.unreadable` */
export function readFacts(bytes: Uint8Array): OnnxFacts {
  const { graph, metadataProps } = decodeModel(bytes);
  const metadata = new Map(metadataProps.map(({ key, value }) => [key, value]));
  const [output] = graph.output;
  if (!output) throw new DecantError('model.unreadable', 'The ONNX file has no output; use a complete classifier.', {});
  return {
    output: output.name,
    outputs: graph.output.map(({ name }) => name),
    embedding: findEmbedding(graph),
    values: graph.node.flatMap((node) => node.output.filter((name) => name !== '')),
    parameters: graph.initializer.filter(isFloat).reduce((sum, { dims }) => sum + sizeOf(dims), 0),
    layers: listLayers(graph),
    metadata,
    labels: readLabels(metadata.get('labels')),
    takesBytes: metadata.has('decant.format'),
  };
}

function findEmbedding({ node, output, initializer }: OnnxModel['graph']): string | null {
  const named = output.slice(1).find(({ name }) => /embed|feature/i.test(name));
  if (named) return named.name;
  const weights = new Set(initializer.map(({ name }) => name));
  const dense = node.findLast(({ opType, input }) => /^(?:Gemm|MatMul)$/.test(opType) && weights.has(input[1] ?? ''));
  const entering = dense?.input[0];
  return node.some(({ output }) => entering !== undefined && output.includes(entering)) ? entering! : null;
}

/** Convolutions and products with weights that lie in the file. */
function listLayers({ node, initializer }: OnnxModel['graph']): OnnxFacts['layers'] {
  const shapes = new Map(initializer.map(({ name, dims }) => [name, dims]));
  return node.flatMap(({ opType, input, output, attribute }) => {
    const dims = shapes.get(input[1] ?? '');
    const [result] = output;
    if (!dims || result === undefined) return [];
    // Convolution weights are [out, in / groups, height, width].
    if (opType === 'Conv') return [{ output: result, multiplications: sizeOf(dims.slice(1)) }];
    if (opType === 'MatMul') return [{ output: result, multiplications: dims.at(-2) ?? 1 }];
    const transposed = attribute.find(({ name }) => name === 'transB')?.i === 1;
    return opType === 'Gemm' ? [{ output: result, multiplications: dims[transposed ? 1 : 0]! }] : [];
  });
}

/** @throws DecantError `model.unreadable` */
function readLabels(text: string | undefined): string[] | null {
  let labels: unknown;
  try {
    labels = JSON.parse(text ?? 'null');
  } catch {
    return null; // Another program's, in a way of its own.
  }
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) return null;
  const fault = findClassesFault(labels);
  if (fault !== null)
    throw new DecantError('model.unreadable', `The ONNX file ${fault}; export it with shorter labels.`, {});
  return labels;
}

function isFloat({ dataType }: { dataType: number }): boolean {
  return dataType === FLOAT || dataType === FLOAT16;
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}
