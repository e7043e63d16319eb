import { decodeModel, encodeModel, type OnnxNode } from '../../../electron/engine/onnx/messages.ts';

/** Products of `[size, size]` that a classifier's file computes beside its logits. */
export type Hidden = 'when it is loaded' | 'in shapes that only show in computing';

/** An ONNX file of a few kilobytes more, and of some `size ** 3` multiplications more. */
export function hideCost(bytes: Uint8Array, where: Hidden, size: number): Uint8Array {
  const model = decodeModel(bytes);
  const { node: nodes, initializer, output } = model.graph;
  const logits = output[0]!.name;
  for (const node of nodes) node.output = node.output.map((name) => (name === logits ? 'before' : name));
  const floats = () => new Uint8Array(new Float32Array(size).fill(0.5).buffer);
  const integer = (value: number) => new Uint8Array(new BigInt64Array([BigInt(value)]).buffer);
  initializer.push(
    { name: 'column', dims: [size, 1], dataType: 1, rawData: floats() },
    { name: 'row', dims: [1, size], dataType: 1, rawData: floats() },
    ...Object.entries({ first: 0, end: size, axis: 0 }).map(([name, value]) => ({
      name,
      dims: [1],
      dataType: 7,
      rawData: integer(value),
    })),
  );
  if (where === 'when it is loaded') nodes.push(step('MatMul', ['column', 'row'], 'square'));
  else
    nodes.push(
      mean('before', 'image mean'),
      step('Add', ['image mean', 'column'], 'sum'),
      step('Slice', ['sum', 'first', 'end', 'axis'], 'slice'),
      step('MatMul', ['slice', 'row'], 'square'),
    );
  nodes.push(
    step('MatMul', ['square', 'square'], 'cube'),
    mean('cube', 'cube mean'),
    step('Add', ['before', 'cube mean'], logits),
  );
  return encodeModel(model);
}

function step(opType: string, input: string[], output: string): OnnxNode {
  return { name: output, opType, input, output: [output], attribute: [] };
}

function mean(input: string, output: string): OnnxNode {
  return { ...step('ReduceMean', [input], output), attribute: [{ name: 'axes', type: 7, ints: [0, 1] }] };
}
