import type { StepOf } from '../../operations/training-graph.ts';
import type { MeansValue, Pass } from './pass.ts';

/** A layer over means `[batch, channels]`. */
export function denseForward(pass: Pass, { node }: StepOf<'dense'>): void {
  const { x } = pass.means.get(node.input)!;
  const y = pass.allocate(pass.batch * node.outChannels);
  pass.kernels.gemm({
    a: x!.offset,
    b: pass.parameter(`${node.name}/weight`),
    c: y.offset,
    m: pass.batch,
    n: node.outChannels,
    k: node.inChannels,
    bias: node.bias ? pass.parameter(`${node.name}/bias`) : undefined,
  });
  pass.means.set(node.name, { channels: node.outChannels, x: y, gradient: null });
}

export function denseBackward(pass: Pass, { node }: StepOf<'dense'>): void {
  const { kernels, batch } = pass;
  const input = pass.means.get(node.input)!;
  const dy = pass.means.get(node.name)!.gradient!.offset;
  const [k, n] = [node.inChannels, node.outChannels];
  if (node.bias) kernels.columnSums(dy, pass.gradientOf(`${node.name}/bias`), batch, n);
  const dFilter = pass.gradientOf(`${node.name}/weight`);
  kernels.gemm({ a: input.x!.offset, b: dy, c: dFilter, m: k, n, k: batch, transposeA: true });
  const { dx, accumulate } = receiveMeans(pass, input);
  const b = pass.parameter(`${node.name}/weight`);
  kernels.gemm({ a: dy, b, c: dx, m: batch, n: k, k: n, transposeB: true, accumulate });
}

export function activationForward(pass: Pass, { node }: StepOf<'activation'>): void {
  const { x, channels } = pass.means.get(node.input)!;
  const y = pass.allocate(pass.batch * channels);
  pass.kernels.activation(x!.offset, y.offset, pass.batch * channels, node.activation);
  pass.means.set(node.name, { channels, x: y, gradient: null });
}

export function activationBackward(pass: Pass, { node }: StepOf<'activation'>): void {
  const input = pass.means.get(node.input)!;
  const dy = pass.means.get(node.name)!.gradient!.offset;
  const floats = pass.batch * input.channels;
  const { dx, accumulate } = receiveMeans(pass, input);
  if (!accumulate) {
    pass.kernels.activationBackward(input.x!.offset, dy, dx, floats, node.activation);
    return;
  }
  const part = pass.allocate(floats);
  pass.kernels.activationBackward(input.x!.offset, dy, part.offset, floats, node.activation);
  pass.kernels.binary('add', dx, part.offset, dx, floats);
  part.release();
}

/** Where to write the gradient of means, and whether to add to what is there. */
export function receiveMeans(pass: Pass, means: MeansValue): { dx: number; accumulate: boolean } {
  const accumulate = means.gradient !== null;
  means.gradient ??= pass.allocate(pass.batch * means.channels);
  return { dx: means.gradient.offset, accumulate };
}
