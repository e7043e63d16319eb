import { type ConvolutionStep, countReaders, type Program } from '../lowering/index.ts';
import type { Observation } from './observe.ts';

/** How far a scaled channel may come to the bound at 6, as a share: images to come may hold larger values. */
const ROOM = 2 / 3;
/** Factors beyond these would make weights or values of a channel vanish. */
const LARGEST_FACTOR = 256;

/**
 * Scales the channels between two layers so that none is lost in integers that are shared by all: each channel's output is
 * multiplied, and the weights that read it are divided by the same (Nagel et al. 2019). With relu, or without activation, the
 * network computes what it did; with relu6 it does as long as no value exceeds 1.5 times the largest that was seen.
 *
 * @param observations of the program's values
 */
export function equalize(program: Program, observations: ReadonlyMap<string, Observation>): Program {
  const readers = countReaders(program);
  const steps = [...program.steps];
  for (const [i, reader] of steps.entries()) {
    if (reader.op !== 'conv') continue;
    const at = steps.findIndex(({ name }) => name === reader.input);
    const source = steps[at];
    if (source?.op !== 'conv' || source.node === null || readers.get(source.name) !== 1) continue;
    const factors = chooseFactors(source, reader, observations.get(source.name)!);
    steps[at] = scaleOutputs(source, factors);
    steps[i] = scaleInputs(reader, factors);
  }
  return { ...program, steps };
}

/** What the output channels of the source are multiplied by. */
function chooseFactors(source: ConvolutionStep, reader: ConvolutionStep, { channelPeaks }: Observation): Float32Array {
  const weights = inputPeaks(reader);
  // Depthwise weights have a scale for each channel and allow any factor; others share one among the channels that they
  // read, so that values and weights meet halfway.
  const wanted = Float32Array.from(channelPeaks, (peak, c) => {
    if (!(peak > 0 && weights[c]! > 0)) return 0;
    return reader.depthwise ? 1 / peak : Math.sqrt(weights[c]! / peak);
  });
  const widest = channelPeaks.indexOf(Math.max(...channelPeaks));
  const unit = wanted[widest] || 1;
  return wanted.map((factor, c) => {
    if (factor === 0) return 1;
    const bounded = Math.max(1 / LARGEST_FACTOR, Math.min(LARGEST_FACTOR, factor / unit));
    return source.activation === 'relu6' ? Math.max(1, Math.min(bounded, (6 * ROOM) / channelPeaks[c]!)) : bounded;
  });
}

/** Largest magnitude of the weights that read each input channel. */
function inputPeaks({ depthwise, weight }: ConvolutionStep): Float32Array {
  const [, , inputs, outputs] = weight.shape as [number, number, number, number];
  const peaks = new Float32Array(inputs);
  // [kernel, kernel, in, out]; depthwise [kernel, kernel, channels, 1].
  const perInput = depthwise ? 1 : outputs;
  for (const [i, value] of weight.values.entries()) {
    const input = Math.floor(i / perInput) % inputs;
    peaks[input] = Math.max(peaks[input]!, Math.abs(value));
  }
  return peaks;
}

function scaleOutputs(step: ConvolutionStep, factors: Float32Array): ConvolutionStep {
  const values = step.weight.values.map((value, i) => value * factors[i % factors.length]!);
  return { ...step, weight: { ...step.weight, values }, bias: step.bias.map((value, c) => value * factors[c]!) };
}

function scaleInputs(step: ConvolutionStep, factors: Float32Array): ConvolutionStep {
  const perInput = step.depthwise ? 1 : step.weight.shape[3]!;
  const values = step.weight.values.map((value, i) => value / factors[Math.floor(i / perInput) % factors.length]!);
  return { ...step, weight: { ...step.weight, values } };
}
