import type { Network, NetworkNode } from '../electron/engine/model/index.ts';

/** A network of almost nothing but one kind of convolution, of the width and size that a MobileNet has in its middle. */
export function stackConvolutions(kind: '1x1' | '3x3 depthwise'): Network {
  const channels = 192;
  const nodes: NetworkNode[] = [
    { op: 'input', name: 'input', channels: 3 },
    {
      op: 'conv',
      name: 'first',
      input: 'input',
      inChannels: 3,
      outChannels: channels,
      kernel: 1,
      stride: 1,
      padding: 0,
      bias: true,
    },
  ];
  let input = 'first';
  for (let i = 0; i < 16; i++) {
    const name = `layer-${i}`;
    nodes.push(
      kind === '1x1'
        ? {
            op: 'conv',
            name,
            input,
            inChannels: channels,
            outChannels: channels,
            kernel: 1,
            stride: 1,
            padding: 0,
            bias: true,
          }
        : { op: 'depthwise', name, input, channels, kernel: 3, stride: 1, padding: 1, bias: true },
      { op: 'activation', name: `${name}-relu`, input: name, activation: 'relu6' },
    );
    input = `${name}-relu`;
  }
  nodes.push(
    { op: 'globalAveragePool', name: 'pool', input },
    { op: 'flatten', name: 'flat', input: 'pool' },
    { op: 'dense', name: 'logits', input: 'flat', inFeatures: channels, outFeatures: 2, bias: true },
  );
  return {
    format: 'decant-network',
    version: 1,
    architecture: 'stack',
    inputSize: [28, 28],
    classes: 2,
    nodes,
    output: 'logits',
  };
}
