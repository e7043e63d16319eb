import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TrainingGraph, TrainingStep } from '../../operations/training-graph.ts';
import { normsOf } from '../../operations/training-pass.ts';
import type { SimdBackend } from '../backend.ts';
import { convBackward, convForward, depthwiseBackward, depthwiseForward } from './convolutions.ts';
import { branchOf, gateBackward, gateForward, poolBackward, poolForward, sumBackward, sumForward } from './maps.ts';
import { activationBackward, activationForward, denseBackward, denseForward, receiveMeans } from './means.ts';
import { Pass } from './pass.ts';

/** Runs the forward pass; outputs and statistics are new tensors. The pass keeps what the backward pass reads until `release`. */
export function runForward(
  backend: SimdBackend,
  graph: TrainingGraph,
  images: TensorInfo,
  parameters: ReadonlyMap<string, TensorInfo>,
  { records }: { records: boolean },
): { pass: Pass; outputs: TensorInfo[]; statistics: TensorInfo[]; counts: number[] } {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const pass = new Pass(backend, batch, parameters);
  const made: TensorInfo[] = [];
  try {
    pass.maps.set(graph.input, {
      height,
      width,
      channels,
      x: { offset: backend.offsetOf(images), release: () => {} },
      norm: null,
      gated: null,
      readersLeft: 0,
      gradient: null,
    });
    const lastRead = records ? null : findLastReads(graph);
    for (const [place, step] of graph.steps.entries()) {
      stepForward(pass, graph, step);
      for (const name of lastRead?.get(place) ?? []) drop(pass, name);
    }
    for (const name of graph.outputs) made.push(takeOutput(pass, name));
    const statistics = normsOf(graph).flatMap((name) => {
      const { mean, variance } = pass.statistics.get(name)!;
      return [mean, variance];
    });
    const counts = normsOf(graph).map((name) => pass.counts.get(name)!);
    if (!records) pass.release();
    return { pass, outputs: made, statistics, counts };
  } catch (error) {
    pass.release();
    const statistics = [...pass.statistics.values()].flatMap(({ mean, variance }) => [mean, variance]);
    for (const { dataId } of [...made, ...statistics]) backend.disposeData(dataId);
    throw error;
  }
}

/** The gradients of the parameters, in the graph's order, from those of the outputs. Can be run once. */
export function runBackward(pass: Pass, graph: TrainingGraph, dys: readonly TensorInfo[]): TensorInfo[] {
  try {
    for (const [place, name] of graph.outputs.entries()) giveGradient(pass, name, dys[place]!);
    for (const step of [...graph.steps].reverse()) stepBackward(pass, graph, step);
    return pass.takeGradients(graph.parameters);
  } catch (error) {
    pass.dropGradients();
    throw error;
  } finally {
    pass.release();
  }
}

/** Adds the gradient of an output to that of the value it was taken from. */
function giveGradient(pass: Pass, name: string, gradient: TensorInfo): void {
  const { backend, batch, kernels } = pass;
  const dy = backend.offsetOf(gradient);
  const map = pass.maps.get(name);
  if (map) {
    pass.contribute(map, dy);
    return;
  }
  const means = pass.means.get(name)!;
  const { dx, accumulate } = receiveMeans(pass, means);
  if (accumulate) kernels.binary('add', dx, dy, dx, batch * means.channels);
  else kernels.copy(dy, dx, batch * means.channels);
}

function stepForward(pass: Pass, graph: TrainingGraph, step: TrainingStep): void {
  switch (step.kind) {
    case 'conv':
      convForward(pass, step, countReaders(graph, step.norm.name, true));
      break;
    case 'depthwise':
      depthwiseForward(pass, step, countReaders(graph, step.norm.name, true));
      break;
    case 'sum':
      sumForward(pass, step, countReaders(graph, step.name, false));
      break;
    case 'pool':
      poolForward(pass, step);
      break;
    case 'dense':
      denseForward(pass, step);
      break;
    case 'activation':
      activationForward(pass, step);
      break;
    case 'gate':
      gateForward(pass, step);
      break;
  }
}

function stepBackward(pass: Pass, graph: TrainingGraph, step: TrainingStep): void {
  switch (step.kind) {
    case 'conv':
      convBackward(pass, step);
      break;
    case 'depthwise':
      depthwiseBackward(pass, step);
      break;
    case 'sum':
      sumBackward(pass, step);
      break;
    case 'pool':
      poolBackward(pass, step, findGate(graph, step.node.input));
      break;
    case 'dense':
      denseBackward(pass, step);
      break;
    case 'activation':
      activationBackward(pass, step);
      break;
    case 'gate':
      gateBackward(pass, step);
      break;
  }
}

/** Name of the means that gate a map; null where nothing does. */
function findGate({ steps }: TrainingGraph, map: string): string | null {
  const gate = steps.find((step) => step.kind === 'gate' && step.node.input === map);
  return gate?.kind === 'gate' ? gate.node.gate : null;
}

/** Names of what a step reads. */
function readBy(step: TrainingStep): readonly string[] {
  switch (step.kind) {
    case 'sum':
      return step.other === null ? [step.branch] : [step.branch, step.other];
    case 'gate':
      return [step.node.input, step.node.gate];
    default:
      return [step.node.input];
  }
}

/**
 * How many gradients a map gets: one for each reader, and one more from outside where it is an output. A batch norm that is
 * written out has two maps of its name: the one `beforeSum` is read by the sum alone.
 */
function countReaders({ steps, outputs }: TrainingGraph, name: string, beforeSum: boolean): number {
  const isWrittenOut = steps.some((step) => step.kind === 'sum' && step.name === name && step.branch === name);
  if (isWrittenOut && beforeSum) return 1;
  const isOwnSum = (step: TrainingStep) => step.kind === 'sum' && step.name === name;
  const readers = steps.filter((step) => !isOwnSum(step) && readBy(step).includes(name)).length;
  return readers + (outputs.includes(name) ? 1 : 0);
}

/** By the place of a step: the maps that nothing reads after it. */
function findLastReads(graph: TrainingGraph): Map<number, string[]> {
  const last = new Map<string, number>();
  for (const [place, step] of graph.steps.entries()) for (const name of readBy(step)) last.set(name, place);
  // What reads a gated map reads the map itself.
  for (const step of graph.steps) {
    if (step.kind === 'gate') last.set(step.node.input, last.get(step.node.name) ?? graph.steps.length);
  }
  const byPlace = new Map<number, string[]>();
  for (const [name, place] of last) {
    if (graph.outputs.includes(name) || name === graph.input) continue;
    byPlace.set(place, [...(byPlace.get(place) ?? []), name]);
  }
  return byPlace;
}

function drop(pass: Pass, name: string): void {
  const map = pass.maps.get(name);
  const before = pass.maps.get(branchOf(name));
  if (before) pass.dropMap(before);
  if (map && !map.gated) pass.dropMap(map);
}

/** The value of a node as a tensor. */
function takeOutput(pass: Pass, name: string): TensorInfo {
  const { backend, batch, kernels } = pass;
  const map = pass.maps.get(name);
  const shape = map ? [batch, map.height, map.width, map.channels] : [batch, 1, 1, pass.means.get(name)!.channels];
  const output = backend.makeOutput32(shape);
  const target = backend.offsetOf(output);
  if (!map) kernels.copy(pass.means.get(name)!.x!.offset, target, batch * shape[3]!);
  else if (map.norm) kernels.normalize(map.x!.offset, target, map.norm.normalization);
  else kernels.copy(map.x!.offset, target, pass.floatsOf(map));
  return output;
}
