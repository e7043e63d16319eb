import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { DecantError } from '../../../electron/engine/core/errors.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  buildNetwork,
  encodeWeights,
  forward,
  type HostTensor,
  importWeights,
  initializeWeights,
  type Network,
  Parameters,
  readSafetensors,
  type Weights,
  writeSafetensors,
} from '../../../electron/engine/model/index.ts';
import {
  buildFixtureNetwork,
  differences,
  loadFixture,
  readFixture,
  relativeError,
  sameTensor,
  toTensor,
} from './torch-fixture.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

const random = new Random(1);

/** Blocks as timm's source writes them (`ds` without, `ir` with expansion; `se` for squeeze-excitation), by stage. */
const TIMM_BLOCKS = {
  'mobilenet-v2': ['ds', 'ir ir', 'ir ir ir', 'ir ir ir ir', 'ir ir ir', 'ir ir ir', 'ir'],
  'mobilenet-v3-large': ['ds', 'ir ir', 'irse irse irse', 'ir ir ir ir', 'irse irse', 'irse irse irse', 'cn'],
  'mobilenet-v3-small': ['dsse', 'ir ir', 'irse irse irse', 'irse irse', 'irse irse irse', 'cn'],
};

/** The names of a timm model's state dict in the order of its modules, after timm/models/_efficientnet_blocks.py. */
function timmNames(architecture: keyof typeof TIMM_BLOCKS): string[] {
  const norm = (name: string): string[] => ['weight', 'bias', 'running_mean', 'running_var'].map((n) => `${name}.${n}`);
  const layer = (name: string): string[] => [`${name}.weight`, `${name}.bias`];
  const se = (path: string, kind: string): string[] =>
    kind.endsWith('se') ? [...layer(`${path}.se.conv_reduce`), ...layer(`${path}.se.conv_expand`)] : [];
  const names = ['conv_stem.weight', ...norm('bn1')];
  for (const [stage, kinds] of TIMM_BLOCKS[architecture].entries()) {
    for (const [index, kind] of kinds.split(' ').entries()) {
      const path = `blocks.${stage}.${index}`;
      if (kind === 'cn') {
        names.push(`${path}.conv.weight`, ...norm(`${path}.bn1`));
      } else if (kind.startsWith('ds')) {
        names.push(`${path}.conv_dw.weight`, ...norm(`${path}.bn1`), ...se(path, kind));
        names.push(`${path}.conv_pw.weight`, ...norm(`${path}.bn2`));
      } else {
        names.push(`${path}.conv_pw.weight`, ...norm(`${path}.bn1`));
        names.push(`${path}.conv_dw.weight`, ...norm(`${path}.bn2`), ...se(path, kind));
        names.push(`${path}.conv_pwl.weight`, ...norm(`${path}.bn3`));
      }
    }
  }
  if (architecture === 'mobilenet-v2') names.push('conv_head.weight', ...norm('bn2'));
  else names.push(...layer('conv_head'));
  return [...names, ...layer('classifier')];
}

/** Our weights as PyTorch lays them out, in the order of the network (which is that of PyTorch's modules). */
function toTorch(network: Network, weights: Weights): HostTensor[] {
  const depthwise = new Set(network.nodes.filter(({ op }) => op === 'depthwise').map(({ name }) => `${name}/weight`));
  return [...weights].map(([name, { shape, values }]) => {
    const tensor = tf.tensor(values, [...shape]);
    const order = shape.length === 4 ? (depthwise.has(name) ? [2, 3, 0, 1] : [3, 2, 0, 1]) : [1, 0];
    const turned = shape.length === 1 ? tensor : tf.transpose(tensor, order);
    return { shape: turned.shape, values: turned.dataSync<'float32'>().slice() };
  });
}

function infer(network: Network, weights: Weights, images: HostTensor): Float32Array {
  const parameters = Parameters.fromWeights(network, weights);
  const logits = tf.tidy(() => forward(network, parameters, toTensor(images), { training: false }).logits);
  const values = logits.dataSync<'float32'>().slice();
  parameters.dispose();
  logits.dispose();
  return values;
}

function importError(network: Network, tensors: ReadonlyMap<string, HostTensor>): DecantError {
  try {
    importWeights(network, writeSafetensors(tensors), random);
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error('The weights were accepted.');
}

describe('importWeights', () => {
  it("reads Decant's own files exactly", () => {
    const network = buildFixtureNetwork('mobilenet-v3-small');
    const weights = initializeWeights(network, random);
    const file = encodeWeights(network, weights);
    const imported = importWeights(network, file, random);
    expect(imported).toMatchObject({ replacedHead: false, naming: 'decant' });
    expect(differences(imported.weights, weights)).toEqual([]);
    expect(readSafetensors(file).metadata).toEqual({
      format: 'decant',
      architecture: 'mobilenet-v3-small',
      classes: '10',
      inputSize: '48x48',
    });
  });

  it("reads timm's MobileNetV2: the same tensors under its names give PyTorch's logits", () => {
    const { network, reference } = loadFixture('mobilenet-v2');
    const torchvision = readSafetensors(readFixture('mobilenet-v2.weights')).tensors;
    const names = timmNames('mobilenet-v2');
    expect(names).toHaveLength(torchvision.size);
    const renamed = new Map([...torchvision.values()].map((tensor, index) => [names[index]!, tensor]));
    const imported = importWeights(network, writeSafetensors(renamed), random);
    expect(imported).toMatchObject({ replacedHead: false, naming: 'timm' });
    const logits = infer(network, imported.weights, reference.get('images')!);
    expect(relativeError(logits, reference.get('logits')!.values)).toBeLessThan(1e-4);
  });

  it.each(['mobilenet-v3-large', 'mobilenet-v3-small'] as const)("reads timm's %s", (architecture) => {
    const network = buildNetwork({ architecture, width: 0.5, classes: 10, inputSize: 32 });
    const weights = initializeWeights(network, random);
    const noise = new Random('statistics');
    for (const [name, { shape, values }] of weights) {
      if (name.endsWith('/variance')) weights.set(name, { shape, values: values.map(() => noise.uniform(0.01, 2)) });
      if (/\/(mean|bias)$/.test(name)) weights.set(name, { shape, values: values.map(() => noise.normal()) });
    }
    const torch = toTorch(network, weights);
    const names = timmNames(architecture);
    expect(names).toHaveLength(torch.length);
    const file = new Map(torch.map((tensor, index) => [names[index]!, tensor]));
    const head = file.get('conv_head.weight')!;
    file.set('conv_head.weight', { shape: [...head.shape, 1, 1], values: head.values });

    const imported = importWeights(network, writeSafetensors(file), random);
    expect(imported).toMatchObject({ replacedHead: false, naming: 'timm' });
    expect(differences(imported.weights, weights).filter((name) => !name.endsWith('/gamma'))).toEqual([]);
    // timm's batch norm adds 1e-5 where torchvision's adds 1e-3: the imported network computes what timm's does.
    const timms: Network = {
      ...network,
      nodes: network.nodes.map((node) => (node.op === 'batchNorm' ? { ...node, epsilon: 1e-5 } : node)),
    };
    const images = { shape: [1, 32, 32, 3], values: Float32Array.from({ length: 3072 }, () => noise.normal()) };
    const expected = infer(timms, weights, images);
    expect(relativeError(infer(network, imported.weights, images), expected)).toBeLessThan(1e-4);
    expect(relativeError(infer(network, weights, images), expected)).toBeGreaterThan(1e-4);
  });

  it('sees through the prefix of a training wrapper', () => {
    const { network, weights } = loadFixture('mobilenet-v2');
    const { tensors } = readSafetensors(readFixture('mobilenet-v2.weights'));
    const wrapped = new Map([...tensors].map(([name, tensor]) => [`module.${name}`, tensor]));
    expect(differences(importWeights(network, writeSafetensors(wrapped), random).weights, weights)).toEqual([]);
  });

  it('makes a new head for another number of classes, and keeps the rest', () => {
    const { weights } = loadFixture('mobilenet-v3-large');
    const network = buildFixtureNetwork('mobilenet-v3-large', 4);
    const imported = importWeights(network, readFixture('mobilenet-v3-large.weights'), random);
    expect(imported.replacedHead).toBe(true);
    const fresh = initializeWeights(network, random);
    for (const [name, tensor] of imported.weights) {
      const expected = name.startsWith('classifier/logits/') ? fresh : weights;
      expect(sameTensor(tensor, expected.get(name)), name).toBe(true);
    }
  });

  it('makes a new head where the file has none, also for its own naming', () => {
    const { network, weights } = loadFixture('mobilenet-v2');
    const headless = new Map([...weights].filter(([name]) => !name.startsWith('classifier/logits')));
    const imported = importWeights(network, writeSafetensors(headless), random);
    expect(imported.replacedHead).toBe(true);
    const ten = encodeWeights(network, weights);
    expect(importWeights(buildFixtureNetwork('mobilenet-v2', 3), ten, random).replacedHead).toBe(true);
  });

  describe('refuses', () => {
    const { network, weights } = loadFixture('mobilenet-v2');
    const { tensors } = readSafetensors(readFixture('mobilenet-v2.weights'));

    it.each<[string, (file: Map<string, HostTensor>) => unknown, RegExp]>([
      [
        'another shape',
        (file) => file.set('features.3.conv.1.0.weight', { shape: [40, 1, 3, 3], values: new Float32Array(360) }),
        /"features\.3\.conv\.1\.0\.weight" as \[40, 1, 3, 3\].*"block03\/depthwise\/conv".*needs \[48, 1, 3, 3\]/,
      ],
      [
        'a missing tensor',
        (file) => file.delete('features.0.1.running_var'),
        /lacks "features\.0\.1\.running_var" \[8\].*"stem\/bn"/,
      ],
      [
        'a tensor too many',
        (file) => file.set('features.19.0.weight', { shape: [1], values: new Float32Array(1) }),
        /"features\.19\.0\.weight" \[1\], which mobilenet-v2 has no place for/,
      ],
      [
        'a head with other features',
        (file) => file.set('classifier.1.weight', { shape: [10, 1000], values: new Float32Array(10_000) }),
        /"classifier\.1\.weight" as \[10, 1000\].*needs \[10, 1280\]/,
      ],
      ['half a head', (file) => file.delete('classifier.1.bias'), /lacks "classifier\.1\.bias"/],
    ])('%s', (_, spoil, message) => {
      const file = new Map(tensors);
      spoil(file);
      const error = importError(network, file);
      expect(error.code).toBe('weights.mismatch');
      expect(error.message).toMatch(message);
    });

    it('another architecture, width or naming', () => {
      const large = buildFixtureNetwork('mobilenet-v3-large');
      expect(importError(large, tensors).code).toBe('weights.mismatch');
      const wide = buildNetwork({ architecture: 'mobilenet-v2', width: 1, classes: 10, inputSize: 48 });
      expect(importError(wide, tensors).message).toMatch(/"features\.0\.0\.weight" as \[8, 3, 3, 3\].*\[32, 3, 3, 3\]/);
      const strange = new Map([['layer1.0.weight', weights.get('stem/conv/weight')!]]);
      expect(importError(network, strange).message).toMatch(/"layer1\.0\.weight".*torchvision or timm/);
      expect(importError(network, new Map()).message).toMatch(/no tensors/);
    });

    it('numbers that are not finite', () => {
      const file = new Map(tensors);
      const { shape, values } = file.get('features.0.0.weight')!;
      file.set('features.0.0.weight', { shape, values: values.with(3, Number.NaN) });
      expect(importError(network, file)).toMatchObject({ code: 'weights.unreadable' });
    });
  });
});
