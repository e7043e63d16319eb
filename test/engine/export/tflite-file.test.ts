import { describe, expect, test } from 'vitest';
import { decodeFlatBuffer, encodeFlatBuffer } from '../../../electron/engine/export/flatbuffer.ts';
import { EXPORTERS, RESIZE } from '../../../electron/engine/export/index.ts';
import { findMetadata } from '../../../electron/engine/export/tflite/metadata.ts';
import { METADATA_IDENTIFIER, MODEL_METADATA } from '../../../electron/engine/export/tflite/metadata-schema.ts';
import { FILE_IDENTIFIER, MODEL, OPERATORS, TENSOR_TYPE } from '../../../electron/engine/export/tflite/schema.ts';
import { drawCase } from '../prune/random-network.ts';
import { readZipTexts } from './read-zip.ts';
import { drawRequest, requestOf } from './samples.ts';

const { write, describe: describeFile, open } = EXPORTERS.tflite;
const requests = {
  'mobilenet-v2': drawRequest(),
  'mobilenet-v3-large': drawRequest({ architecture: 'mobilenet-v3-large' }),
  'mobilenet-v3-small': { ...drawRequest({ architecture: 'mobilenet-v3-small' }), precision: 'fp16' as const },
  'random blocks': requestOf(drawCase('a').network),
};
const decode = (bytes: Uint8Array) => decodeFlatBuffer(MODEL, bytes, FILE_IDENTIFIER);
const graphOf = (bytes: Uint8Array) => {
  const model = decode(bytes);
  const graph = model.subgraphs![0]!;
  const names = new Map<number, string>(Object.entries(OPERATORS).map(([name, { code }]) => [code, name]));
  const operators = graph.operators!.map((operator) => {
    const code = model.operatorCodes![operator.opcodeIndex!]!;
    expect(code.builtinCode).toBe(code.deprecatedBuiltinCode);
    return { ...operator, name: names.get(code.builtinCode!)!, version: code.version };
  });
  return { ...graph, model, operators, tensors: graph.tensors! };
};

describe('the graph', () => {
  test.each(Object.entries(requests))('%s: every tensor is there before it is read, and is used', (_, request) => {
    const { model, operators, tensors, inputs, outputs } = graphOf(write(request));
    const known = new Set<number>(inputs);
    const used = new Set<number>(outputs);
    for (const [i, tensor] of tensors.entries()) if (tensor.buffer! > 0) known.add(i);
    for (const { inputs: read, outputs: written, name } of operators) {
      for (const i of read!) {
        expect(known, `${name} reads ${tensors[i]!.name}`).toContain(i);
        used.add(i);
      }
      for (const i of written!) {
        expect(known).not.toContain(i);
        known.add(i);
      }
    }
    expect(used.size).toBe(tensors.length);
    expect(new Set(tensors.map(({ name }) => name)).size).toBe(tensors.length);
    expect(model.buffers![0]!.data).toBeUndefined();
  });

  test.each(Object.entries(requests))(
    '%s: numbers are as many as shapes say, and lie at multiples of 16',
    (_, request) => {
      const bytes = write(request);
      const { model, tensors } = graphOf(bytes);
      const size: Record<number, number> = {
        [TENSOR_TYPE.float32]: 4,
        [TENSOR_TYPE.float16]: 2,
        [TENSOR_TYPE.int32]: 4,
      };
      for (const { buffer, shape, type, name } of tensors) {
        const data = model.buffers![buffer!]!.data;
        if (buffer === 0) continue;
        expect(data!.length, name).toBe(size[type!]! * shape!.reduce((product, length) => product * length, 1));
        expect((data!.byteOffset - bytes.byteOffset) % 16, name).toBe(0);
      }
    },
  );

  test('MobileNetV3 has its native operators and not one transpose', () => {
    const { operators } = graphOf(write(requests['mobilenet-v3-large']));
    const kinds = new Set(operators.map(({ name }) => name));
    expect([...kinds].sort()).toEqual(
      ['ADD', 'CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'HARD_SWISH', 'MEAN', 'MUL', 'PAD'].sort(),
    );
    const count = (kind: string) => operators.filter(({ name }) => name === kind).length;
    expect(count('HARD_SWISH')).toBe(21); // Howard et al. 2019, table 1: each has one or two, the head two.
    expect(count('MUL')).toBe(2 * 8); // Eight gates, each divided by 6 and multiplied.
    expect(count('MEAN')).toBe(9);
    expect(count('ADD')).toBe(10); // Residual sums alone: the gates' "+ 3" is in their biases.
  });

  test('MobileNetV2: every relu6 is fused, convolutions have nothing beside them but sums and paddings', () => {
    const { operators } = graphOf(write(requests['mobilenet-v2']));
    const fused = operators.filter(({ options }) => options?.table.fusedActivation === 3);
    expect(fused).toHaveLength(35);
    expect(operators).toHaveLength(
      1 + 52 + 11 + 1 + 1 + operators.filter(({ name }) => name === 'PAD').length, // Pixels, convolutions, sums, mean, classifier.
    );
  });

  test('16-bit weights stand beside 32-bit normalization', () => {
    const { operators, tensors } = graphOf(write(requests['mobilenet-v3-small']));
    const [first] = operators;
    expect(first!.name).toBe('DEPTHWISE_CONV_2D');
    expect(first!.inputs!.map((i) => tensors[i]!.type)).toEqual([0, 0, 0]);
    const half = operators.filter(({ name }) => name === 'DEQUANTIZE');
    expect(
      half.every(({ inputs, version }) => tensors[inputs![0]!]!.type === TENSOR_TYPE.float16 && version === 3),
    ).toBe(true);
    const big = tensors.filter(({ type, buffer, shape }) => buffer! > 0 && type === 0 && shape!.length === 4);
    expect(big).toHaveLength(1);
  });

  test('one image in, one row of logits out, by name', async () => {
    const { tensors, inputs, outputs, model } = graphOf(write(requests['mobilenet-v2']));
    expect(tensors[inputs![0]!]).toMatchObject({ name: 'image', shape: [1, 32, 32, 3], type: 0 });
    expect(tensors[outputs![0]!]).toMatchObject({ name: 'logits', shape: [1, 5], type: 0 });
    expect(model.signatures).toEqual([
      {
        key: 'serving_default',
        inputs: [{ name: 'image', tensorIndex: inputs![0] }],
        outputs: [{ name: 'logits', tensorIndex: outputs![0] }],
        subgraphIndex: 0,
      },
    ]);
  });

  test('equal requests give equal bytes; 16 bits take little more than half', () => {
    const whole = write(drawRequest());
    expect(Buffer.compare(whole, write(drawRequest()))).toBe(0);
    expect(write({ ...drawRequest(), precision: 'fp16' }).length / whole.length).toBeLessThan(0.56);
  });
});

describe('metadata', () => {
  const classes = ['ascii', 'Ä 🌷 花', 'with "quotes" and \\', ' line\nbreak\ttab', ''];
  const bytes = write({ ...requests['mobilenet-v2'], classes });

  test('comes back as it was given: labels with any characters, preprocessing, architecture', () => {
    expect(describeFile(bytes)).toEqual({
      architecture: 'mobilenet-v2',
      classes,
      preprocessing: { inputSize: [32, 32], resize: RESIZE, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    });
  });

  test('the temperature is told where it is known', () => {
    const told = (temperature: number | null) => {
      const file = decode(write({ ...requests['mobilenet-v2'], temperature }));
      return JSON.parse(new TextDecoder().decode(findMetadata(file, 'DECANT'))).calibration;
    };
    expect(told(0.703)).toMatchObject({ temperature: 0.703 });
    expect(told(null)).toBeUndefined();
  });

  test('the labels lie in a zip archive at the end, one a line', async () => {
    expect(await readZipTexts(bytes)).toEqual({
      'labels.txt': 'ascii\nÄ 🌷 花\nwith "quotes" and \\\n line break tab\n',
    });
  });

  test("TensorFlow's metadata names the labels, the kind of image and its normalization", () => {
    const metadata = decodeFlatBuffer(
      MODEL_METADATA,
      findMetadata(decode(bytes), 'TFLITE_METADATA')!,
      METADATA_IDENTIFIER,
    );
    expect(metadata.subgraphs).toMatchObject([
      {
        inputs: [
          {
            name: 'image',
            content: { properties: { member: 2, table: { colorSpace: 1, defaultSize: { width: 32, height: 32 } } } },
            processUnits: [{ options: { member: 1, table: { mean: [0], std: [1] } } }],
            stats: { min: [0], max: [255] },
          },
        ],
        outputs: [{ name: 'logits', associatedFiles: [{ name: 'labels.txt', type: 2 }] }],
      },
    ]);
  });
});

describe('refusals, each with its reason', () => {
  const unreadable = (message: RegExp) =>
    expect.objectContaining({ code: 'model.unreadable', message: expect.stringMatching(message) });
  const whole = write(requests['mobilenet-v2']);

  test.each([
    ['no bytes', new Uint8Array(0), /0 bytes/],
    ['text', new TextEncoder().encode('not a network at all, only words'), /identifier is "a ne", not "TFL3"/],
    ['a tenth of a file', whole.subarray(0, whole.length / 10), /not a complete TFLite file/],
  ])('%s', async (_, bytes, message) => {
    expect(() => describeFile(bytes)).toThrow(unreadable(message));
    await expect(open(bytes)).rejects.toThrow(unreadable(/LiteRT cannot run/));
  });

  test('a file of another program', () => {
    const { metadata: _, ...model } = decode(whole);
    const foreign = encodeFlatBuffer(MODEL, model, FILE_IDENTIFIER);
    expect(() => describeFile(foreign)).toThrow(unreadable(/nothing about labels/));
  });

  test('a file of another time', () => {
    const model = decode(whole);
    const buffers = [...model.buffers!];
    buffers[buffers.length - 1] = { data: new TextEncoder().encode('{"format": "decant-tflite-9"}') };
    const other = encodeFlatBuffer(MODEL, { ...model, buffers }, FILE_IDENTIFIER);
    expect(() => describeFile(other)).toThrow(unreadable(/"decant-tflite-9", expected "decant-tflite-1"/));
  });

  test('no byte changed at random makes the reader hang or fail without a word', () => {
    const random = new Uint32Array(400);
    for (let i = 0, state = 1; i < random.length; i++) random[i] = state = (state * 1664525 + 1013904223) >>> 0;
    const damaged = Uint8Array.from(whole);
    for (const number of random) {
      const at = number % 4000;
      const before = damaged[at]!;
      damaged[at] = number >>> 24;
      try {
        describeFile(damaged);
      } catch (error) {
        expect(error).toMatchObject({ code: 'model.unreadable' });
      }
      damaged[at] = before;
    }
  });

  test('weights that 16 bits cannot hold', () => {
    const request = drawRequest();
    const weights = new Map(request.weights);
    const name = [...weights.keys()].find((key) => key.endsWith('/bias'))!;
    const { shape, values } = weights.get(name)!;
    weights.set(name, { shape, values: values.map(() => 1e6) });
    expect(() => write({ ...request, weights, precision: 'fp16' })).toThrow(
      expect.objectContaining({ code: 'export.mismatch', message: expect.stringContaining('16 bits') }),
    );
  });
});
