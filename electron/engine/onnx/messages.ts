import protobuf from 'protobufjs/light.js';
import { DecantError } from '../core/errors.ts';
import { countParts, type Parts } from './count-parts.ts';

/**
 * The part of the ONNX file format that we write: messages and field numbers of the ONNX specification (IR.md, onnx.proto).
 */
const SCHEMA = {
  nested: {
    ModelProto: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        docString: { type: 'string', id: 6 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
        metadataProps: { rule: 'repeated', type: 'StringStringEntryProto', id: 14 },
        functions: { rule: 'repeated', type: 'bytes', id: 25 },
      },
    },
    OperatorSetIdProto: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    StringStringEntryProto: { fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', type: 'NodeProto', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
      },
    },
    NodeProto: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    AttributeProto: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        s: { type: 'bytes', id: 4 },
        ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
        type: { type: 'int32', id: 20 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1, options: { packed: false } },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
    TypeProto: { fields: { tensorType: { type: 'TensorTypeProto', id: 1 } } },
    TensorTypeProto: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShapeProto', id: 2 } } },
    TensorShapeProto: { fields: { dim: { rule: 'repeated', type: 'DimensionProto', id: 1 } } },
    DimensionProto: { fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } } },
  },
};

/** Data types of the tensors that we write. */
export const FLOAT = 1;
export const INT8 = 3;
export const INT32 = 6;
export const FLOAT16 = 10;
export const ATTRIBUTE_FLOAT = 1;
export const ATTRIBUTE_INT = 2;
export const ATTRIBUTE_INTS = 7;

export interface OnnxModel {
  irVersion: number;
  producerName: string;
  docString: string;
  graph: OnnxGraph;
  opsetImport: { domain: string; version: number }[];
  metadataProps: { key: string; value: string }[];
  /** Operators that the file itself brings, as they are. */
  functions?: Uint8Array[];
}

export interface OnnxGraph {
  name: string;
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValueInfo[];
  output: OnnxValueInfo[];
}

export interface OnnxNode {
  name: string;
  opType: string;
  input: string[];
  output: string[];
  attribute: OnnxAttribute[];
  /** Whose operator it is; empty: of ONNX. */
  domain?: string;
}

export interface OnnxAttribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  /** UTF-8. */
  s?: Uint8Array;
  ints?: number[];
}

export interface OnnxTensor {
  name: string;
  dims: number[];
  dataType: number;
  /** Little-endian. */
  rawData: Uint8Array;
}

export interface OnnxValueInfo {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue?: number; dimParam?: string }[] } } };
}

/** The messages of the schema that hold others, by field number, and lists of integers, which may be packed. */
const DIMENSIONS: Parts = { 2: { 1: { 2: { 1: {} } } } };
const PARTS: Parts = {
  7: { 1: { 5: { 8: 'packed' } }, 5: { 1: 'packed' }, 11: DIMENSIONS, 12: DIMENSIONS },
  8: {},
  14: {},
  25: {},
};
/** Two bytes of a file are enough for a part, which takes hundreds of bytes of memory. */
const MOST_PARTS = 1_000_000;

const modelType = protobuf.Root.fromJSON(SCHEMA).lookupType('ModelProto');

/** The bytes of an ONNX file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/**
 * The part of an ONNX file that `OnnxModel` names; everything else is skipped.
 *
 * @throws DecantError `model.unreadable` when the bytes are not an ONNX file
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  try {
    if (countParts(bytes, PARTS, MOST_PARTS) > MOST_PARTS)
      throw new RangeError(`it has more than ${MOST_PARTS} parts, which no network needs`);
    const message = modelType.decode(bytes);
    if (!Object.hasOwn(message, 'graph')) throw new Error('it has no graph');
    // Safe: the schema above has the fields of OnnxModel, and `arrays` and `defaults` fill in those that are missing.
    return modelType.toObject(message, { longs: Number, arrays: true, defaults: true }) as OnnxModel;
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      `This file of ${bytes.length} bytes is not a complete ONNX file (${error instanceof Error ? error.message : error}); export the network again.`,
      { sizeBytes: bytes.length },
      { cause: error },
    );
  }
}
