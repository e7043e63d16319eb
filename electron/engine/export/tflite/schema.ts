import type { Schema, TableOf } from '../flatbuffer.ts';

/**
 * The part of the TFLite file format that we write: slots of the tables in LiteRT's schema (schema.fbs, version 3),
 * which never change once they are given out.
 */
export const FILE_IDENTIFIER = 'TFL3';
export const SCHEMA_VERSION = 3;

export const TENSOR_TYPE = { float32: 0, float16: 1, int32: 2, uint8: 3, int8: 9 } as const;
export type TensorType = keyof typeof TENSOR_TYPE;

export const PADDING = { same: 0, valid: 1 } as const;
export const FUSED = { none: 0, relu: 1, relu6: 3 } as const;

/** Builtin operators: number, version of the operator (by data type where it depends on it) and member of BuiltinOptions. */
export const OPERATORS = {
  ADD: { code: 0, options: 11 },
  CONV_2D: { code: 3, options: 1 },
  DEPTHWISE_CONV_2D: { code: 4, options: 2 },
  DEQUANTIZE: { code: 6, options: 38 },
  FULLY_CONNECTED: { code: 9, options: 8 },
  MUL: { code: 18, options: 21 },
  RELU: { code: 19, options: 0 },
  RELU6: { code: 21, options: 0 },
  RESHAPE: { code: 22, options: 17 },
  PAD: { code: 34, options: 22 },
  MEAN: { code: 40, options: 27 },
  QUANTIZE: { code: 114, options: 89 },
  HARD_SWISH: { code: 117, options: 91 },
} as const;
export type OperatorName = keyof typeof OPERATORS;

const conv2dOptions = {
  padding: [0, 'int8'],
  strideWidth: [1, 'int32'],
  strideHeight: [2, 'int32'],
  fusedActivation: [3, 'int8'],
  dilationWidth: [4, 'int32'],
  dilationHeight: [5, 'int32'],
} as const satisfies Schema;

const depthwiseConv2dOptions = {
  padding: [0, 'int8'],
  strideWidth: [1, 'int32'],
  strideHeight: [2, 'int32'],
  depthMultiplier: [3, 'int32'],
  fusedActivation: [4, 'int8'],
  dilationWidth: [5, 'int32'],
  dilationHeight: [6, 'int32'],
} as const satisfies Schema;

const activationOptions = { fusedActivation: [0, 'int8'] } as const satisfies Schema;

const operator = {
  opcodeIndex: [0, 'uint32'],
  inputs: [1, 'int32s'],
  outputs: [2, 'int32s'],
  options: [
    3,
    {
      union: {
        1: conv2dOptions,
        2: depthwiseConv2dOptions,
        8: activationOptions, // FullyConnectedOptions
        11: activationOptions, // AddOptions
        17: { newShape: [0, 'int32s'] }, // ReshapeOptions
        21: activationOptions, // MulOptions
        22: {}, // PadOptions
        27: { keepDims: [0, 'bool'] }, // ReducerOptions
        38: {}, // DequantizeOptions
        89: {}, // QuantizeOptions
        91: {}, // HardSwishOptions
      },
    },
  ],
} as const satisfies Schema;

const quantization = {
  scale: [2, 'float32s'],
  zeroPoint: [3, 'int64s'],
  quantizedDimension: [6, 'int32'], // Slots 4 and 5 are a union.
} as const satisfies Schema;

const tensor = {
  shape: [0, 'int32s'],
  type: [1, 'int8'],
  buffer: [2, 'uint32'],
  name: [3, 'string'],
  quantization: [4, { table: quantization }],
} as const satisfies Schema;

const operatorCode = {
  /** The same number as `builtinCode`, for readers of before 2020. */
  deprecatedBuiltinCode: [0, 'int8'],
  version: [2, 'int32'],
  builtinCode: [3, 'int32'],
} as const satisfies Schema;

const subGraph = {
  tensors: [0, { tables: tensor }],
  inputs: [1, 'int32s'],
  outputs: [2, 'int32s'],
  operators: [3, { tables: operator }],
  name: [4, 'string'],
} as const satisfies Schema;

const tensorMap = { name: [0, 'string'], tensorIndex: [1, 'uint32'] } as const satisfies Schema;

const signature = {
  inputs: [0, { tables: tensorMap }],
  outputs: [1, { tables: tensorMap }],
  key: [2, 'string'],
  subgraphIndex: [4, 'uint32'],
} as const satisfies Schema;

export const MODEL = {
  version: [0, 'uint32'],
  operatorCodes: [1, { tables: operatorCode }],
  subgraphs: [2, { tables: subGraph }],
  description: [3, 'string'],
  buffers: [4, { tables: { data: [0, 'bytes'] } }],
  metadata: [6, { tables: { name: [0, 'string'], buffer: [1, 'uint32'] } }],
  signatures: [7, { tables: signature }],
} as const satisfies Schema;

export type TfliteModel = TableOf<typeof MODEL>;
export type TfliteSubGraph = TableOf<typeof subGraph>;
export type TfliteTensor = TableOf<typeof tensor>;
export type TfliteOperator = TableOf<typeof operator>;
export type TfliteQuantization = TableOf<typeof quantization>;
