/**
 * The operations and their gradients once more, as plain loops in double precision: slow, and simple enough to be seen
 * to be right. Back ends are measured against them.
 */
import type { Activation } from '../activation.ts';

export type Values = Float64Array;

export interface Window {
  readonly x: readonly [batch: number, height: number, width: number, channels: number];
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Value and slope of an activation at `z`. */
export function activationAt(activation: Activation, z: number): { value: number; slope: number } {
  const open = z > -3 && z < 3;
  const gate = Math.min(Math.max(z + 3, 0), 6) / 6;
  switch (activation) {
    case 'none':
      return { value: z, slope: 1 };
    case 'relu':
      return { value: Math.max(z, 0), slope: z > 0 ? 1 : 0 };
    case 'relu6':
      return { value: Math.min(Math.max(z, 0), 6), slope: z > 0 && z < 6 ? 1 : 0 };
    case 'hard-sigmoid':
      return { value: gate, slope: open ? 1 / 6 : 0 };
    case 'hard-swish':
      return { value: z * gate, slope: gate + (open ? z / 6 : 0) };
    default:
      return activation satisfies never;
  }
}

export function outputSize(size: number, { kernel, stride, padding }: Window): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/** Calls `visit` for every pair of an input pixel and an output pixel that a window position joins. */
function eachTap(window: Window, visit: (xPixel: number, yPixel: number, tap: number) => void): void {
  const [batch, height, width] = window.x;
  const outHeight = outputSize(height, window);
  const outWidth = outputSize(width, window);
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let tap = 0; tap < window.kernel ** 2; tap++) {
          const iy = oy * window.stride - window.padding + Math.floor(tap / window.kernel);
          const ix = ox * window.stride - window.padding + (tap % window.kernel);
          if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
          visit((b * height + iy) * width + ix, (b * outHeight + oy) * outWidth + ox, tap);
        }
      }
    }
  }
}

/** Convolution without bias; `w` is `[kernel, kernel, in, out]`. */
export function convolve(x: Values, w: Values, window: Window, out: number): Values {
  const [batch, height, width, channels] = window.x;
  const y = new Float64Array(batch * outputSize(height, window) * outputSize(width, window) * out);
  eachTap(window, (xPixel, yPixel, tap) => {
    for (let i = 0; i < channels; i++) {
      for (let o = 0; o < out; o++) {
        y[yPixel * out + o]! += x[xPixel * channels + i]! * w[(tap * channels + i) * out + o]!;
      }
    }
  });
  return y;
}

export function convolveGradient(x: Values, w: Values, dy: Values, window: Window, out: number) {
  const channels = window.x[3];
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  eachTap(window, (xPixel, yPixel, tap) => {
    for (let i = 0; i < channels; i++) {
      for (let o = 0; o < out; o++) {
        const d = dy[yPixel * out + o]!;
        dx[xPixel * channels + i]! += d * w[(tap * channels + i) * out + o]!;
        dw[(tap * channels + i) * out + o]! += d * x[xPixel * channels + i]!;
      }
    }
  });
  return { dx, dw };
}

/** Depthwise convolution without bias; `w` is `[kernel, kernel, channels, 1]`. */
export function convolveDepthwise(x: Values, w: Values, window: Window): Values {
  const [batch, height, width, channels] = window.x;
  const y = new Float64Array(batch * outputSize(height, window) * outputSize(width, window) * channels);
  eachTap(window, (xPixel, yPixel, tap) => {
    for (let c = 0; c < channels; c++) {
      y[yPixel * channels + c]! += x[xPixel * channels + c]! * w[tap * channels + c]!;
    }
  });
  return y;
}

export function convolveDepthwiseGradient(x: Values, w: Values, dy: Values, window: Window) {
  const channels = window.x[3];
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  eachTap(window, (xPixel, yPixel, tap) => {
    for (let c = 0; c < channels; c++) {
      const d = dy[yPixel * channels + c]!;
      dx[xPixel * channels + c]! += d * w[tap * channels + c]!;
      dw[tap * channels + c]! += d * x[xPixel * channels + c]!;
    }
  });
  return { dx, dw };
}

/** Adds a bias to every row and applies the activation. */
export function finish(z: Values, bias: Values, activation: Activation): Values {
  return z.map((value, i) => activationAt(activation, value + bias[i % bias.length]!).value);
}

/** Gradient before bias and activation, and that of the bias. */
export function finishGradient(z: Values, bias: Values, dy: Values, activation: Activation) {
  const dz = z.map((value, i) => dy[i]! * activationAt(activation, value + bias[i % bias.length]!).slope);
  return { dz, dBias: sumRows(dz, bias.length) };
}

/** Sums a `[rows, columns]` matrix over its rows. */
export function sumRows(values: Values, columns: number): Values {
  const sums = new Float64Array(columns);
  for (const [i, value] of values.entries()) sums[i % columns]! += value;
  return sums;
}

/** Batch normalization with the batch's statistics and an activation, with its gradients for `dy`. */
export function normalize(
  x: Values,
  gamma: Values,
  beta: Values,
  dy: Values,
  { epsilon, activation }: { epsilon: number; activation: Activation },
) {
  const channels = gamma.length;
  const rows = x.length / channels;
  const mean = sumRows(x, channels).map((sum) => sum / rows);
  const centred = x.map((value, i) => value - mean[i % channels]!);
  const variance = sumRows(
    centred.map((value) => value * value),
    channels,
  ).map((sum) => sum / rows);
  const rstd = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const hat = centred.map((value, i) => value * rstd[i % channels]!);
  const z = hat.map((value, i) => value * gamma[i % channels]!);
  const y = finish(z, beta, activation);
  const { dz, dBias: dBeta } = finishGradient(z, beta, dy, activation);
  const dGamma = sumRows(
    dz.map((value, i) => value * hat[i]!),
    channels,
  );
  const dx = dz.map((value, i) => {
    const c = i % channels;
    return gamma[c]! * rstd[c]! * (value - dBeta[c]! / rows - (hat[i]! * dGamma[c]!) / rows);
  });
  return { y, mean, variance, dx, dGamma, dBeta };
}
