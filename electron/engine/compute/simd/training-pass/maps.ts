import type { StepOf } from '../../operations/training-graph.ts';
import type { MapValue, Pass } from './pass.ts';

/** Where a written-out map stands that has the name of the batch norm it is made of. */
export const branchOf = (name: string): string => `${name} before it is written out`;

/** Writes a normalized map out, with another one added where there is one. */
export function sumForward(pass: Pass, { name, branch, other }: StepOf<'sum'>, readers: number): void {
  const source = pass.maps.get(branch)!;
  const added = other === null ? undefined : pass.maps.get(other)!.x!.offset;
  if (name === branch) pass.maps.set(branchOf(branch), source);
  const { height, width, channels } = source;
  const x = pass.allocate(pass.floatsOf(source));
  pass.kernels.normalize(source.x!.offset, x.offset, source.norm!.normalization, added);
  pass.maps.set(name, { height, width, channels, x, norm: null, gated: null, readersLeft: readers, gradient: null });
}

/** The gradient of a sum is that of both: they share it, unless the other has a part of its own already. */
export function sumBackward(pass: Pass, { name, branch, other }: StepOf<'sum'>): void {
  const { kernels } = pass;
  const sum = pass.maps.get(name)!;
  const source = pass.maps.get(name === branch ? branchOf(branch) : branch)!;
  const gradient = sum.gradient!;
  const { normalization } = source.norm!;
  kernels.passThrough(
    source.x!.offset,
    gradient.offset,
    gradient.offset,
    normalization,
    pass.gradientsOf(source.norm!),
  );
  source.gradient = gradient;
  sum.gradient = null;
  if (other !== null) {
    const map = pass.maps.get(other)!;
    map.readersLeft--;
    if (map.gradient === null) {
      map.gradient = gradient;
      source.gradient = { offset: gradient.offset, release: () => {} };
    } else {
      kernels.binary('add', map.gradient.offset, gradient.offset, map.gradient.offset, pass.floatsOf(map));
    }
  }
  if (name === branch) pass.maps.set(branch, source);
  pass.dropMap(sum);
}

/** Gates the map of a squeeze-excitation; whoever reads it does the multiplication. */
export function gateForward(pass: Pass, { node }: StepOf<'gate'>): void {
  const map = pass.maps.get(node.input)!;
  const gated: MapValue = {
    ...map,
    norm: null,
    gated: { map, gate: pass.means.get(node.gate)! },
    readersLeft: 1,
    gradient: null,
  };
  pass.maps.set(node.name, gated);
}

/** The gate's gradient; the gated map's waits for that of the mean (`poolBackward`). */
export function gateBackward(pass: Pass, { node }: StepOf<'gate'>): void {
  const value = pass.maps.get(node.name)!;
  const { map, gate } = value.gated!;
  gate.gradient = pass.allocate(pass.batch * gate.channels);
  const { offset } = value.gradient!;
  pass.kernels.gateGradient(map.x!.offset, offset, gate.gradient.offset, map.norm!.normalization, pass.batch);
  map.readersLeft--;
  map.gradient = value.gradient;
  value.gradient = null;
}

export function poolForward(pass: Pass, { node }: StepOf<'pool'>): void {
  const map = pass.maps.get(node.input)!;
  const x = pass.allocate(pass.batch * map.channels);
  pass.kernels.squeeze(map.x!.offset, x.offset, map.norm!.normalization, pass.batch);
  pass.means.set(node.name, { channels: map.channels, x, gradient: null });
}

/** The last gradient of a map: what came before is gated where the map is, and is the gradient itself elsewhere. */
export function poolBackward(pass: Pass, { node }: StepOf<'pool'>, gate: string | null): void {
  const map = pass.maps.get(node.input)!;
  const means = pass.means.get(node.name)!;
  const { dx, accumulate, through } = pass.receive(map);
  let factor = gate === null ? undefined : pass.means.get(gate)!.x!;
  if (accumulate && factor === undefined) {
    factor = pass.allocate(pass.batch * map.channels);
    pass.kernels.fill(factor.offset, pass.batch * map.channels, 1);
  }
  const arguments_ = { x: map.x!.offset, g: dx, gate: factor?.offset, dMean: means.gradient!.offset };
  pass.kernels.squeezeThrough(arguments_, map.norm!.normalization, through!, pass.batch);
  if (gate === null) factor?.release();
}
