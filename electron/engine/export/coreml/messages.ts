import protobuf from 'protobufjs/light.js';
import { DecantError } from '../../core/errors.ts';
import { countParts, type Parts } from '../../onnx/count-parts.ts';

/**
 * The part of the Core ML model format that we write: messages and field numbers of Apple's specification (Model.proto,
 * FeatureTypes.proto, MIL.proto).
 */
const SCHEMA = {
  nested: {
    Model: {
      fields: {
        specificationVersion: { type: 'int32', id: 1 },
        description: { type: 'ModelDescription', id: 2 },
        mlProgram: { type: 'Program', id: 502 },
      },
    },
    ModelDescription: {
      fields: {
        input: { rule: 'repeated', type: 'FeatureDescription', id: 1 },
        output: { rule: 'repeated', type: 'FeatureDescription', id: 10 },
        predictedFeatureName: { type: 'string', id: 11 },
        predictedProbabilitiesName: { type: 'string', id: 12 },
        metadata: { type: 'Metadata', id: 100 },
      },
    },
    FeatureDescription: {
      fields: {
        name: { type: 'string', id: 1 },
        shortDescription: { type: 'string', id: 2 },
        type: { type: 'FeatureType', id: 3 },
      },
    },
    FeatureType: {
      fields: {
        stringType: { type: 'StringFeatureType', id: 3 },
        imageType: { type: 'ImageFeatureType', id: 4 },
        dictionaryType: { type: 'DictionaryFeatureType', id: 6 },
      },
    },
    StringFeatureType: { fields: {} },
    ImageFeatureType: {
      fields: {
        width: { type: 'int64', id: 1 },
        height: { type: 'int64', id: 2 },
        colorSpace: { type: 'int32', id: 3 },
      },
    },
    DictionaryFeatureType: { fields: { stringKeyType: { type: 'StringFeatureType', id: 2 } } },
    Metadata: {
      fields: {
        shortDescription: { type: 'string', id: 1 },
        versionString: { type: 'string', id: 2 },
        author: { type: 'string', id: 3 },
        userDefined: { keyType: 'string', type: 'string', id: 100 },
      },
    },
    Program: {
      fields: {
        version: { type: 'int64', id: 1 },
        functions: { keyType: 'string', type: 'Function', id: 2 },
      },
    },
    Function: {
      fields: {
        inputs: { rule: 'repeated', type: 'NamedValueType', id: 1 },
        opset: { type: 'string', id: 2 },
        blockSpecializations: { keyType: 'string', type: 'Block', id: 3 },
      },
    },
    Block: {
      fields: {
        outputs: { rule: 'repeated', type: 'string', id: 2 },
        operations: { rule: 'repeated', type: 'Operation', id: 3 },
      },
    },
    Operation: {
      fields: {
        type: { type: 'string', id: 1 },
        inputs: { keyType: 'string', type: 'Argument', id: 2 },
        outputs: { rule: 'repeated', type: 'NamedValueType', id: 3 },
        attributes: { keyType: 'string', type: 'Value', id: 5 },
      },
    },
    Argument: { fields: { arguments: { rule: 'repeated', type: 'Binding', id: 1 } } },
    Binding: { fields: { name: { type: 'string', id: 1 }, value: { type: 'Value', id: 2 } } },
    NamedValueType: { fields: { name: { type: 'string', id: 1 }, type: { type: 'ValueType', id: 2 } } },
    ValueType: {
      fields: {
        tensorType: { type: 'TensorType', id: 1 },
        listType: { type: 'ListType', id: 2 },
        dictionaryType: { type: 'DictionaryType', id: 4 },
      },
    },
    TensorType: {
      fields: {
        dataType: { type: 'int32', id: 1 },
        rank: { type: 'int64', id: 2 },
        dimensions: { rule: 'repeated', type: 'Dimension', id: 3 },
      },
    },
    ListType: { fields: { type: { type: 'ValueType', id: 1 }, length: { type: 'Dimension', id: 2 } } },
    DictionaryType: { fields: { keyType: { type: 'ValueType', id: 1 }, valueType: { type: 'ValueType', id: 2 } } },
    Dimension: { fields: { constant: { type: 'ConstantDimension', id: 1 } } },
    ConstantDimension: { fields: { size: { type: 'uint64', id: 1 } } },
    Value: {
      fields: {
        type: { type: 'ValueType', id: 2 },
        immediateValue: { type: 'ImmediateValue', id: 3 },
        blobFileValue: { type: 'BlobFileValue', id: 5 },
      },
    },
    ImmediateValue: { fields: { tensor: { type: 'TensorValue', id: 1 }, list: { type: 'ListValue', id: 3 } } },
    BlobFileValue: { fields: { fileName: { type: 'string', id: 1 }, offset: { type: 'uint64', id: 2 } } },
    TensorValue: {
      fields: {
        floats: { type: 'Floats', id: 1 },
        ints: { type: 'Ints', id: 2 },
        bools: { type: 'Bools', id: 3 },
        strings: { type: 'Strings', id: 4 },
        bytes: { type: 'Bytes', id: 7 },
      },
    },
    Floats: { fields: { values: { rule: 'repeated', type: 'float', id: 1, options: { packed: true } } } },
    Ints: { fields: { values: { rule: 'repeated', type: 'int32', id: 1, options: { packed: true } } } },
    Bools: { fields: { values: { rule: 'repeated', type: 'bool', id: 1, options: { packed: true } } } },
    Strings: { fields: { values: { rule: 'repeated', type: 'string', id: 1 } } },
    Bytes: { fields: { values: { type: 'bytes', id: 1 } } },
    ListValue: { fields: { values: { rule: 'repeated', type: 'Value', id: 1 } } },
  },
};

/** Types of numbers and texts that programs of ours have, by MIL's names. */
export const DATA_TYPES = { bool: 1, string: 2, fp16: 10, fp32: 11, fp64: 12, int32: 23 } as const;
export type DataType = keyof typeof DATA_TYPES;
/** Of an image: three bytes a pixel, red first. */
export const RGB = 20;

export interface CoremlModel {
  specificationVersion: number;
  description: {
    input: CoremlFeature[];
    output: CoremlFeature[];
    predictedFeatureName: string;
    predictedProbabilitiesName: string;
    metadata?: {
      shortDescription: string;
      versionString: string;
      author: string;
      userDefined: Record<string, string>;
    };
  };
  mlProgram: { version: number; functions: Record<string, MilFunction> };
}

export interface CoremlFeature {
  name: string;
  shortDescription: string;
  type: {
    stringType?: Record<string, never>;
    imageType?: { width: number; height: number; colorSpace: number };
    dictionaryType?: { stringKeyType?: Record<string, never> };
  };
}

export interface MilFunction {
  inputs: MilNamedType[];
  opset: string;
  blockSpecializations: Record<string, { outputs: string[]; operations: MilOperation[] }>;
}

export interface MilOperation {
  type: string;
  inputs: Record<string, { arguments: { name?: string; value?: MilValue }[] }>;
  outputs: MilNamedType[];
  attributes: Record<string, MilValue>;
}

export interface MilNamedType {
  name: string;
  type: MilType;
}

export interface MilType {
  tensorType?: { dataType: number; rank: number; dimensions: { constant?: { size: number } }[] };
  listType?: { type: MilType; length: { constant?: { size: number } } };
  dictionaryType?: { keyType: MilType; valueType: MilType };
}

export interface MilValue {
  type: MilType;
  immediateValue?: {
    tensor?: {
      floats?: { values: number[] };
      ints?: { values: number[] };
      bools?: { values: boolean[] };
      strings?: { values: string[] };
      bytes?: { values: Uint8Array };
    };
    list?: { values: MilValue[] };
  };
  blobFileValue?: { fileName: string; offset: number };
}

/** The messages of the schema that hold others or may hold many numbers, by field number. */
const TYPE: Record<number, Parts> = { 1: { 3: { 1: {} } } };
TYPE[2] = { 1: TYPE, 2: { 1: {} } };
TYPE[4] = { 1: TYPE, 2: TYPE };
const VALUE: Record<number, Parts> = { 2: TYPE, 5: {} };
VALUE[3] = { 1: { 1: { 1: 'packed' }, 2: { 1: 'packed' }, 3: { 1: 'packed' }, 4: { 1: {} } }, 3: { 1: VALUE } };
const NAMED: Parts = { 2: TYPE };
const OPERATION: Parts = { 2: { 2: { 1: { 2: VALUE } } }, 3: NAMED, 5: { 2: VALUE } };
const FEATURE: Parts = { 3: { 3: {}, 4: {}, 6: { 2: {} } } };
const PARTS: Parts = {
  2: { 1: FEATURE, 10: FEATURE, 100: { 100: {} } },
  502: { 2: { 2: { 1: NAMED, 3: { 2: { 3: OPERATION } } } } },
};
/** As of ONNX files: a part takes hundreds of bytes of memory. */
const MOST_PARTS = 1_000_000;

const modelType = protobuf.Root.fromJSON(SCHEMA).lookupType('Model');

/** The bytes of a `.mlmodel` file. */
export function encodeModel(model: CoremlModel): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/**
 * The part of a `.mlmodel` file that `CoremlModel` names; everything else is skipped.
 *
 * @throws DecantError `model.unreadable` when the bytes are no such file
 */
export function decodeModel(bytes: Uint8Array): CoremlModel {
  try {
    if (countParts(bytes, PARTS, MOST_PARTS) > MOST_PARTS)
      throw new RangeError(`it has more than ${MOST_PARTS} parts, which no network needs`);
    const message = modelType.decode(bytes);
    if (!Object.hasOwn(message, 'mlProgram') || !Object.hasOwn(message, 'description'))
      throw new Error('it has no ML program');
    // Safe: the schema above has the fields of CoremlModel, and the options fill in lists, maps, numbers and texts. Of the
    // messages in it, those may be missing that are optional in its type, and those that `readProgram` looks for.
    return modelType.toObject(message, { longs: Number, arrays: true, objects: true }) as CoremlModel;
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      `This Core ML model of ${bytes.length} bytes is not complete (${error instanceof Error ? error.message : error}); export the network again.`,
      { sizeBytes: bytes.length },
      { cause: error },
    );
  }
}
