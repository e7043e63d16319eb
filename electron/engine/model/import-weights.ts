import { DecantError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { initializeParameter } from './initialize-weights.ts';
import type { Naming } from './naming/naming.ts';
import { TIMM } from './naming/timm.ts';
import { TORCHVISION } from './naming/torchvision.ts';
import type { Network, NetworkNode } from './network.ts';
import { type ParameterSpec, parameterSpecs } from './parameter-specs.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { fromTorchLayout, torchShape } from './torch-layout.ts';
import type { HostTensor, Weights } from './weights.ts';

/** The foreign namings that are understood. Adding one is one file and one line. */
const NAMINGS: readonly Naming[] = [TORCHVISION, TIMM];

/** What PyTorch calls the parameters that we call by role. */
const TORCH_ROLES: Readonly<Record<string, string>> = {
  weight: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};

export interface ImportedWeights {
  readonly weights: Weights;
  /** Whether the logits layer was reinitialised, because the file's has a different number of classes or none. */
  readonly replacedHead: boolean;
  /** Whose names the file has. */
  readonly naming: 'decant' | 'torchvision' | 'timm';
}

/** Writes weights under our names as safetensors, with the facts that tell a reader what they belong to. */
export function encodeWeights(network: Network, weights: Weights): Uint8Array {
  const { architecture, classes, inputSize } = network;
  const metadata = { format: 'decant', architecture, classes: String(classes), inputSize: inputSize.join('x') };
  return writeSafetensors(weights, metadata);
}

/**
 * Reads the weights of a network from a safetensors file in Decant's, torchvision's or timm's naming. Foreign layouts are
 * transposed to Decant's; the logits layer is reinitialised from `random` where the file's class count differs.
 *
 * Throws `weights.unreadable` for a damaged file and `weights.mismatch`, with the tensor's name and both shapes, for a file
 * that does not fit the network.
 */
export function importWeights(network: Network, bytes: Uint8Array, random: Random): ImportedWeights {
  const file = readSafetensors(bytes);
  const tensors = stripPrefix(file.tensors);
  const specs = parameterSpecs(network);
  const naming = recogniseNaming(specs, tensors);
  const sources = naming ? foreignSources(network, specs, naming) : ownSources(specs);
  const nodes = new Map(network.nodes.map((node) => [node.name, node]));
  const replacedHead = headDiffers(network, sources, tensors);
  const weights: Weights = new Map();
  const read = new Set<string>();
  for (const source of sources) {
    const { spec } = source;
    read.add(source.tensor);
    const node = nodes.get(nodeOf(spec))!;
    const value =
      replacedHead && node.name === network.output
        ? initializeParameter(node, spec, random)
        : readParameter(network, node, source, tensors);
    weights.set(spec.name, value);
  }
  refuseStrangers(network, tensors, read);
  if (naming) adjustEpsilon(network, weights, naming.epsilon(network));
  return { weights, replacedHead, naming: naming?.library ?? 'decant' };
}

/** Where a parameter comes from. */
interface Source {
  readonly spec: ParameterSpec;
  /** Name in the file. */
  readonly tensor: string;
  /** Whether the file has PyTorch's layout. */
  readonly torch: boolean;
}

/** Whose names the tensors have; null for our own. */
function recogniseNaming(specs: readonly ParameterSpec[], tensors: ReadonlyMap<string, HostTensor>): Naming | null {
  if (specs.some(({ name }) => tensors.has(name))) return null;
  const naming = NAMINGS.find(({ mark }) => tensors.has(mark));
  if (naming) return naming;
  const [example] = tensors.keys();
  const holds = example === undefined ? 'no tensors of floating-point numbers' : `tensors such as "${example}"`;
  throw mismatch(
    `The weight file has ${holds}; it should use the names of Decant, torchvision or timm: convert it to one of these.`,
    { example },
  );
}

function ownSources(specs: readonly ParameterSpec[]): Source[] {
  return specs.map((spec) => ({ spec, tensor: spec.name, torch: false }));
}

function foreignSources(network: Network, specs: readonly ParameterSpec[], naming: Naming): Source[] {
  const modules = naming.modules(network);
  return specs.map((spec) => {
    const node = nodeOf(spec);
    const module = modules.get(node);
    if (module === undefined) {
      throw mismatch(
        `The weight file has ${naming.library}'s names, but ${network.architecture} has a layer "${node}" that ${naming.library} does not.`,
        { node },
      );
    }
    return { spec, tensor: `${module}.${TORCH_ROLES[roleOf(spec)]}`, torch: true };
  });
}

/** True when the file's logits layer has another number of classes, or when the file has none. */
function headDiffers(network: Network, sources: readonly Source[], tensors: ReadonlyMap<string, HostTensor>): boolean {
  const head = sources.filter(({ spec }) => nodeOf(spec) === network.output);
  const weight = head.find(({ spec }) => roleOf(spec) === 'weight');
  if (!weight) return false;
  if (head.every(({ tensor }) => !tensors.has(tensor))) return true;
  const shape = tensors.get(weight.tensor)?.shape;
  if (shape?.length !== 2) return false;
  const [classes, features] = weight.torch ? shape : shape.toReversed();
  return features === weight.spec.shape[0] && classes !== network.classes;
}

function readParameter(
  network: Network,
  node: NetworkNode,
  { spec, tensor: name, torch }: Source,
  tensors: ReadonlyMap<string, HostTensor>,
): HostTensor {
  const tensor = tensors.get(name);
  const needed = torch ? torchShape(node.op, spec.shape) : spec.shape;
  if (!tensor) {
    throw mismatch(
      `The weight file lacks "${name}" [${needed.join(', ')}], which layer "${node.name}" of ${network.architecture} needs: is the file for this architecture?`,
      { tensor: name, needs: needed },
    );
  }
  const shape = torch ? withoutPixels(tensor.shape, needed.length) : tensor.shape;
  if (!sameShape(shape, needed)) {
    throw mismatch(
      `The weight file has "${name}" as [${tensor.shape.join(', ')}], but layer "${node.name}" of ${network.architecture} needs [${needed.join(', ')}]: use the file's architecture and width.`,
      { tensor: name, has: tensor.shape, needs: needed },
    );
  }
  if (!tensor.values.every(Number.isFinite)) {
    throw new DecantError(
      'weights.unreadable',
      `Tensor "${name}" of the weight file has numbers that are not finite.`,
      {
        tensor: name,
      },
    );
  }
  return torch ? fromTorchLayout(node.op, spec.shape, tensor.values) : tensor;
}

/** timm keeps a dense layer as a 1x1 convolution: `[out, in, 1, 1]` is as good as `[out, in]`. */
function withoutPixels(shape: readonly number[], rank: number): readonly number[] {
  return rank === 2 && shape.length === 4 && shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : shape;
}

function refuseStrangers(network: Network, tensors: ReadonlyMap<string, HostTensor>, read: ReadonlySet<string>): void {
  for (const [name, { shape }] of tensors) {
    if (read.has(name) || name.endsWith('num_batches_tracked')) continue;
    throw mismatch(
      `The weight file has "${name}" [${shape.join(', ')}], which ${network.architecture} has no place for: is the file for this architecture?`,
      { tensor: name, has: shape },
    );
  }
}

/** Where a library adds another epsilon to the variance, gamma is scaled so that inference gives the same numbers. */
function adjustEpsilon(network: Network, weights: Weights, epsilon: number): void {
  for (const node of network.nodes) {
    if (node.op !== 'batchNorm' || node.epsilon === epsilon) continue;
    const variance = weights.get(`${node.name}/variance`)!.values;
    const gamma = weights.get(`${node.name}/gamma`)!;
    const values = gamma.values.map(
      (value, c) => value * Math.sqrt((variance[c]! + node.epsilon) / (variance[c]! + epsilon)),
    );
    weights.set(`${node.name}/gamma`, { shape: gamma.shape, values });
  }
}

/** Removes what training wrappers put before every name (`module.`, `model.`). */
function stripPrefix(tensors: Map<string, HostTensor>): Map<string, HostTensor> {
  for (const prefix of ['module.', 'model.']) {
    if (tensors.size === 0 || ![...tensors.keys()].every((name) => name.startsWith(prefix))) continue;
    return new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  }
  return tensors;
}

function nodeOf({ name }: ParameterSpec): string {
  return name.slice(0, name.lastIndexOf('/'));
}

function roleOf({ name }: ParameterSpec): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

function mismatch(message: string, details: Record<string, unknown>): DecantError {
  return new DecantError('weights.mismatch', message, details);
}
