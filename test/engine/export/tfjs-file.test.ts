import { describe, expect, test } from 'vitest';
import { EXPORTERS, RESIZE } from '../../../electron/engine/export/index.ts';
import { writeZip } from '../../../electron/engine/export/zip.ts';
import { readZip, readZipTexts } from './read-zip.ts';
import { drawRequest } from './samples.ts';

const { write, describe: describeFile } = EXPORTERS.tfjs;
const request = drawRequest({ architecture: 'mobilenet-v3-large' });

interface WeightEntry {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string };
}

async function open(archive: Uint8Array) {
  const files = await readZip(archive);
  const model = JSON.parse(files['model.json']!.toString());
  const weights: WeightEntry[] = model.weightsManifest[0].weights;
  return { files, model, weights };
}

describe('the archive', () => {
  test('holds a model, its weights, its labels and a page with all that it needs', async () => {
    const { files, model } = await open(write(request));
    expect(Object.keys(files).sort()).toEqual(
      [
        'index.html',
        'labels.txt',
        'lib/tf-backend-cpu.min.js',
        'lib/tf-backend-webgpu.min.js',
        'lib/tf-converter.min.js',
        'lib/tf-core.min.js',
        'model.json',
        'weights.bin',
      ].sort(),
    );
    expect(model.weightsManifest[0].paths).toEqual(['weights.bin']);
    const page = files['index.html']!.toString();
    const sources = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!);
    expect(sources.every((source) => source in files)).toBe(true);
    expect(page).not.toMatch(/https?:/);
  });

  test.each([
    ['fp32', 4],
    ['fp16', 2],
    ['int8', 1],
  ] as const)('%s: the weights are as many bytes as the manifest says', async (precision, bytes) => {
    const { files, weights } = await open(write({ ...request, precision }));
    const sizes: Record<string, number> = { float16: 2, uint8: 1 };
    const sizeOf = ({ shape, quantization }: WeightEntry) =>
      (sizes[quantization?.dtype ?? ''] ?? 4) * shape.reduce((product, length) => product * length, 1);
    expect(files['weights.bin']!.length).toBe(weights.reduce((sum, entry) => sum + sizeOf(entry), 0));
    const numbers = [...request.weights.values()].reduce((sum, { values }) => sum + values.length, 0);
    expect(files['weights.bin']!.length / (bytes * numbers)).toBeLessThan(1.2);
  });

  test('every node reads nodes before it; constants are in the manifest', async () => {
    const { model, weights } = await open(write({ ...request, precision: 'int8' }));
    const known = new Set<string>();
    for (const node of model.modelTopology.node) {
      for (const input of node.input ?? []) expect(known).toContain(input);
      expect(known).not.toContain(node.name);
      known.add(node.name);
    }
    const constants = model.modelTopology.node.filter(({ op }: { op: string }) => op === 'Const');
    expect(constants.map(({ name }: { name: string }) => name)).toEqual(weights.map(({ name }) => name));
    const operations = new Set(model.modelTopology.node.map(({ op }: { op: string }) => op));
    expect([...operations].sort()).toEqual(
      [
        'AddV2',
        'Const',
        'FusedDepthwiseConv2dNative',
        'Mean',
        'Mul',
        'Placeholder',
        'Relu6',
        '_FusedConv2D',
        '_FusedMatMul',
      ].sort(),
    );
  });

  test('equal requests give equal bytes', () => {
    expect(Buffer.compare(write(drawRequest()), write(drawRequest()))).toBe(0);
  });
});

test('metadata comes back as it was given', async () => {
  const classes = ['ascii', 'Ä 🌷 花', 'with "quotes" and \\', ' line\nbreak\ttab', ''];
  const archive = write({ ...request, classes });
  expect(describeFile(archive)).toEqual({
    architecture: 'mobilenet-v3-large',
    classes,
    preprocessing: { inputSize: [32, 32], resize: RESIZE, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  });
  expect((await readZipTexts(archive))['labels.txt']).toBe('ascii\nÄ 🌷 花\nwith "quotes" and \\\n line break tab\n');
});

describe('refusals, each with its reason', () => {
  const whole = write(request);
  const file = (name: string, content: string) => ({ name, bytes: new TextEncoder().encode(content) });
  test.each([
    ['no bytes', new Uint8Array(0), /0 bytes .*does not end like a zip/],
    ['an archive cut short', whole.subarray(0, -100), /does not end like a zip/],
    ['an archive without weights', writeZip([file('model.json', '{}')]), /it has no weights.bin/],
    ['a model that is no JSON', writeZip([file('model.json', '{'), file('weights.bin', '')]), /not a complete archive/],
    ['a model of others', writeZip([file('model.json', '{}'), file('weights.bin', '')]), /nothing about labels/],
  ])('%s', (_, bytes, message) => {
    expect(() => describeFile(bytes)).toThrow(
      expect.objectContaining({ code: 'model.unreadable', message: expect.stringMatching(message) }),
    );
  });
});
