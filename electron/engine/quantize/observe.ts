import { disposeTensors, loadTensors, type Program, runProgram, type Step } from '../lowering/index.ts';

const BINS = 2048;

/** Images to learn the ranges of values from. */
export interface CalibrationImages {
  /** `[size, height, width, 3]`, RGB 0..255. */
  readonly pixels: Uint8Array;
  readonly size: number;
}

/** What values of one step were seen on the calibration images. */
export interface Observation {
  min: number;
  max: number;
  /** How often values fell into each of equal parts of `min` to `max`. */
  readonly histogram: Float64Array;
  /** Of each channel. */
  readonly channelMeans: Float64Array;
  /** Largest magnitude in each channel. */
  readonly channelPeaks: Float64Array;
}

/**
 * Runs a program over images and gathers what values each step gives: twice, as the parts of a histogram are known only once
 * its ends are. Leaves no tensors behind.
 */
export async function observe(
  program: Program,
  images: readonly CalibrationImages[],
): Promise<Map<string, Observation>> {
  const observations = new Map<string, Observation>(
    program.steps.map(({ name, shape }) => {
      const channels = shape.at(-1)!;
      return [
        name,
        {
          min: Number.POSITIVE_INFINITY,
          max: Number.NEGATIVE_INFINITY,
          histogram: new Float64Array(BINS),
          channelMeans: new Float64Array(channels),
          channelPeaks: new Float64Array(channels),
        },
      ];
    }),
  );
  await eachValue(program, images, (step, values) => noteRange(observations.get(step.name)!, values));
  await eachValue(program, images, (step, values) => fillHistogram(observations.get(step.name)!, values));
  const total = images.reduce((sum, { size }) => sum + size, 0);
  for (const { name, shape } of program.steps) {
    const { channelMeans } = observations.get(name)!;
    const counted = (total * shape.reduce((product, length) => product * length, 1)) / channelMeans.length;
    for (const [c, sum] of channelMeans.entries()) channelMeans[c] = sum / counted;
  }
  return observations;
}

async function eachValue(
  program: Program,
  images: readonly CalibrationImages[],
  see: (step: Step, values: Float32Array) => void,
): Promise<void> {
  const tensors = loadTensors(program);
  try {
    for (const { pixels, size } of images) {
      const pending: { step: Step; values: Promise<Float32Array> }[] = [];
      const logits = runProgram(program, tensors, pixels, size, (step, value) => {
        pending.push({ step, values: value.data<'float32'>() });
        return value;
      });
      try {
        for (const { step, values } of pending) see(step, await values);
      } finally {
        logits.dispose();
      }
    }
  } finally {
    disposeTensors(tensors);
  }
}

function noteRange(observation: Observation, values: Float32Array): void {
  const { channelMeans, channelPeaks } = observation;
  const channels = channelMeans.length;
  for (let start = 0; start < values.length; start += channels)
    for (let c = 0; c < channels; c++) {
      const value = values[start + c]!;
      if (value < observation.min) observation.min = value;
      if (value > observation.max) observation.max = value;
      channelMeans[c]! += value;
      const magnitude = Math.abs(value);
      if (magnitude > channelPeaks[c]!) channelPeaks[c] = magnitude;
    }
}

function fillHistogram({ min, max, histogram }: Observation, values: Float32Array): void {
  const perUnit = max > min ? BINS / (max - min) : 0;
  for (const value of values) histogram[Math.min(BINS - 1, Math.floor((value - min) * perUnit))]!++;
}
