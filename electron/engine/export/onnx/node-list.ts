import {
  ATTRIBUTE_FLOAT,
  ATTRIBUTE_INT,
  ATTRIBUTE_INTS,
  FLOAT,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from '../../onnx/messages.ts';
import { bytesOf } from '../layout.ts';

export type AttributeValue = { int: number } | { float: number } | { ints: number[] };

/** Gathers the nodes and initializers of an ONNX graph. */
export class NodeList {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];

  /** Adds a node and returns the name of its result. */
  emit(name: string, opType: string, input: string[], attributes: Record<string, AttributeValue> = {}): string {
    const output = `${name}/output`;
    const attribute = Object.entries(attributes).map(([key, value]) => describeAttribute(key, value));
    this.nodes.push({ name, opType, input, output: [output], attribute });
    return output;
  }

  /** Adds numbers and returns their name. */
  add(
    name: string,
    dims: readonly number[],
    values: Float32Array | Uint16Array | Int32Array | Int8Array,
    dataType = FLOAT,
  ): string {
    this.initializers.push({ name, dims: [...dims], dataType, rawData: bytesOf(values) });
    return name;
  }

  /** Adds a number that is shared by all that need it, and returns its name. */
  addScalar(value: number): string {
    const name = `:${value}`;
    if (this.initializers.some((tensor) => tensor.name === name)) return name;
    return this.add(name, [], Float32Array.of(value));
  }

  renameValue(from: string, to: string): void {
    const rename = (name: string) => (name === from ? to : name);
    for (const node of this.nodes) {
      node.input = node.input.map(rename);
      node.output = node.output.map(rename);
    }
  }
}

/** A float32 input or output; a size that is left open has a name instead. */
export function describeValue(name: string, shape: (number | string)[]): OnnxValueInfo {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

function describeAttribute(name: string, value: AttributeValue): OnnxAttribute {
  if ('int' in value) return { name, type: ATTRIBUTE_INT, i: value.int };
  if ('ints' in value) return { name, type: ATTRIBUTE_INTS, ints: value.ints };
  return { name, type: ATTRIBUTE_FLOAT, f: value.float };
}
