import { decodeFlatBuffer, encodeFlatBuffer } from '../flatbuffer.ts';
import { FILE_IDENTIFIER, MODEL, OPERATORS, type OperatorName, TENSOR_TYPE, type TfliteTensor } from './schema.ts';

/**
 * A TFLite file whose input and output are 8-bit integers, with operators around it that make integers of the floats that go
 * in and floats of those that come out: LiteRT for JavaScript passes floats alone. All that lies between stays as it is; a
 * file that takes floats is given back as it came.
 *
 * @throws RangeError when the bytes are no TFLite file
 */
export function takeFloats(bytes: Uint8Array): Uint8Array {
  const model = decodeFlatBuffer(MODEL, bytes, FILE_IDENTIFIER);
  const [graph] = model.subgraphs ?? [];
  const { tensors = [], operators = [], inputs = [], outputs = [] } = graph ?? {};
  const [input, output] = [inputs[0] ?? -1, outputs[0] ?? -1];
  if (tensors[input]?.type !== TENSOR_TYPE.int8 || tensors[output]?.type !== TENSOR_TYPE.int8) return bytes;
  const codes = [...(model.operatorCodes ?? [])];
  const addCode = (name: OperatorName, version: number) =>
    codes.push({ deprecatedBuiltinCode: OPERATORS[name].code, builtinCode: OPERATORS[name].code, version }) - 1;
  const operatorOf = (name: OperatorName, version: number, from: number, to: number) => ({
    opcodeIndex: addCode(name, version),
    inputs: [from],
    outputs: [to],
    options: { member: OPERATORS[name].options, table: {} },
  });
  const asFloats = ({ name = '', shape = [] }: TfliteTensor): TfliteTensor => ({
    name: `${name}:float`,
    shape,
    type: TENSOR_TYPE.float32,
    buffer: 0,
  });
  const [floatInput, floatOutput] = [tensors.length, tensors.length + 1];
  return encodeFlatBuffer(
    MODEL,
    {
      ...model,
      operatorCodes: codes,
      subgraphs: [
        {
          ...graph,
          tensors: [...tensors, asFloats(tensors[input]), asFloats(tensors[output])],
          inputs: [floatInput],
          outputs: [floatOutput],
          operators: [
            operatorOf('QUANTIZE', 1, floatInput, input),
            ...operators,
            operatorOf('DEQUANTIZE', 2, output, floatOutput),
          ],
        },
      ],
      signatures: [],
    },
    FILE_IDENTIFIER,
  );
}
