import { describe, expect, test } from 'vitest';
import { EXPORTERS, RESIZE } from '../../../electron/engine/export/index.ts';
import type { Weights } from '../../../electron/engine/model/index.ts';
import { decodeModel, encodeModel, FLOAT } from '../../../electron/engine/onnx/messages.ts';
import { drawCase } from '../prune/random-network.ts';
import { drawRequest, requestOf } from './samples.ts';

const { write, describe: describeFile } = EXPORTERS.onnx;

const requests = {
  'mobilenet-v2': drawRequest(),
  'mobilenet-v3-large': drawRequest({ architecture: 'mobilenet-v3-large' }),
  'mobilenet-v3-small': drawRequest({ architecture: 'mobilenet-v3-small' }),
  'random blocks 1': requestOf(drawCase('a').network),
  'random blocks 2': requestOf(drawCase('b').network),
};

describe('the graph', () => {
  test.each(Object.entries(requests))(
    '%s: names are unique and every value is computed before it is read',
    (_, request) => {
      const { graph } = decodeModel(write(request));
      const known = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
      expect(known.size).toBe(graph.input.length + graph.initializer.length);
      for (const node of graph.node) {
        for (const name of node.input) expect(known, `${node.name} reads ${name}`).toContain(name);
        for (const name of node.output) {
          expect(known).not.toContain(name);
          known.add(name);
        }
      }
      expect(known).toContain('logits');
      expect(new Set(graph.node.map(({ name }) => name)).size).toBe(graph.node.length);
      const read = new Set(graph.node.flatMap(({ input }) => input));
      for (const { name } of graph.initializer) expect(read, `${name} is used`).toContain(name);
    },
  );

  test.each(Object.entries(requests))('%s: tensors have as many bytes as their shapes say', (_, request) => {
    for (const { name, dims, dataType, rawData } of decodeModel(write(request)).graph.initializer) {
      expect(dataType).toBe(FLOAT);
      expect(rawData.length, name).toBe(4 * dims.reduce((product, length) => product * length, 1));
    }
  });

  test('states its versions, folds all batch norms and leaves the batch size open', () => {
    const model = decodeModel(write(requests['mobilenet-v3-large']));
    expect(model.irVersion).toBe(7);
    expect(model.opsetImport).toEqual([{ domain: '', version: 14 }]);
    const operations = new Set(model.graph.node.map(({ opType }) => opType));
    expect([...operations].sort()).toEqual(
      ['Add', 'Clip', 'Conv', 'Flatten', 'Gemm', 'GlobalAveragePool', 'HardSwish', 'Mul', 'Relu'].sort(),
    );
    const shapeOf = (name: string) =>
      [...model.graph.input, ...model.graph.output]
        .find((value) => value.name === name)!
        .type.tensorType.shape.dim.map(({ dimParam, dimValue }) => dimParam || dimValue);
    expect(shapeOf('image')).toEqual(['batch', 3, 32, 32]);
    expect(shapeOf('logits')).toEqual(['batch', 5]);
  });

  test('relu6 is a clip with one pair of shared bounds', () => {
    const { graph } = decodeModel(write(requests['mobilenet-v2']));
    const clips = graph.node.filter(({ opType }) => opType === 'Clip');
    expect(clips).toHaveLength(35);
    expect(graph.initializer.filter(({ dims }) => dims.length === 0)).toHaveLength(2);
  });

  test('16-bit weights are cast where they are read, and take half the room', () => {
    const request = drawRequest({ width: 1 });
    const half = write({ ...request, precision: 'fp16' });
    const { graph } = decodeModel(half);
    const types = new Map(graph.initializer.map(({ name, dataType }) => [name, dataType]));
    const casts = graph.node.filter(({ opType }) => opType === 'Cast');
    expect(casts).toHaveLength(2 * 53); // Weight and bias of each convolution and of the classifier.
    for (const { input, attribute } of casts) {
      expect(types.get(input[0]!)).toBe(10);
      expect(attribute).toMatchObject([{ name: 'to', i: FLOAT }]);
    }
    expect(half.length / write(request).length).toBeLessThan(0.52);
  });

  test('equal requests give equal bytes', () => {
    expect(Buffer.compare(write(drawRequest()), write(drawRequest()))).toBe(0);
  });
});

describe('metadata', () => {
  test('comes back as it was given: labels with any characters, preprocessing, architecture', () => {
    const classes = ['ascii', 'Ä 🌷 花', 'with "quotes" and \\', ' line\nbreak\ttab', ''];
    expect(describeFile(write({ ...requests['mobilenet-v2'], classes }))).toEqual({
      architecture: 'mobilenet-v2',
      classes,
      preprocessing: { inputSize: [32, 32], resize: RESIZE, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    });
  });

  test('the temperature is told where it is known, and changes nothing else', () => {
    const [without, having] = [null, 0.703].map((temperature) =>
      decodeModel(write({ ...requests['mobilenet-v2'], temperature })),
    );
    const { metadataProps, ...rest } = having!;
    const texts = new Map(metadataProps.map(({ key, value }) => [key, value]));
    expect(JSON.parse(texts.get('calibration')!)).toEqual({
      temperature: 0.703,
      use: expect.stringMatching(/softmax.*The file does not apply it/),
    });
    expect(without).toEqual({ ...rest, metadataProps: metadataProps.filter(({ key }) => key !== 'calibration') });
  });

  test('labels.txt has one line for each class', () => {
    const classes = ['one', 'two\nlines', 'three', 'four', 'five'];
    const { metadataProps, docString } = decodeModel(write({ ...requests['mobilenet-v2'], classes }));
    const texts = new Map(metadataProps.map(({ key, value }) => [key, value]));
    expect(texts.get('labels.txt')).toBe('one\ntwo lines\nthree\nfour\nfive');
    expect(JSON.parse(texts.get('preprocessing')!)).toMatchObject({
      layout: 'NCHW',
      channelOrder: 'RGB',
      range: [0, 255],
      normalization: { appliedBy: 'the graph' },
    });
    expect(docString).toContain('0 to 255');
  });
});

describe('refusals, each with its reason', () => {
  const unreadable = (message: RegExp) =>
    expect.objectContaining({ code: 'model.unreadable', message: expect.stringMatching(message) });
  const whole = write(requests['mobilenet-v2']);

  test.each([
    ['no bytes', new Uint8Array(0), /0 bytes/],
    ['text', new TextEncoder().encode('not a network at all, only words'), /not a complete ONNX file/],
    ['a file cut in half', whole.subarray(0, whole.length >> 1), /not a complete ONNX file/],
    ['a file that lacks its last byte', whole.subarray(0, -1), /not a complete ONNX file/],
  ])('%s', (_, bytes, message) => {
    expect(() => describeFile(bytes)).toThrow(unreadable(message));
  });

  test('a file of another program', () => {
    const model = decodeModel(whole);
    expect(() => describeFile(encodeModel({ ...model, metadataProps: [] }))).toThrow(
      unreadable(/nothing about labels/),
    );
  });

  test.each([
    ['labels', '{'],
    ['labels', '[1, 2]'],
    ['preprocessing', 'null'],
    ['preprocessing', '{"inputSize": [32], "resize": ""}'],
  ])('damaged metadata: %s is %s', (key, value) => {
    const model = decodeModel(whole);
    const metadataProps = model.metadataProps.map((entry) => (entry.key === key ? { key, value } : entry));
    expect(() => describeFile(encodeModel({ ...model, metadataProps }))).toThrow(unreadable(/metadata is damaged/));
  });

  test('weights that are not all there', () => {
    const request = drawRequest();
    const weights: Weights = new Map(request.weights);
    const [name] = [...weights.keys()].slice(-1);
    weights.delete(name!);
    expect(() => write({ ...request, weights })).toThrow(
      expect.objectContaining({ code: 'weights.mismatch', message: expect.stringContaining(name!) }),
    );
  });

  test('another number of labels than classes', () => {
    expect(() => write({ ...drawRequest(), classes: ['one'] })).toThrow(/5 classes, but 1 name/);
  });
});
