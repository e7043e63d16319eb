import { multiplyMatrices } from './gemm-kernels.ts';
import type { ConvolutionShape, SimdKernels } from './kernel-types.ts';
import type { Launcher } from './launcher.ts';

// Parameter slots, the same in assembly/convolution.ts.
const BATCH = 32;
const IN_HEIGHT = 33;
const IN_WIDTH = 34;
const IN_CHANNELS = 35;
const OUT_HEIGHT = 36;
const OUT_WIDTH = 37;
const KERNEL_HEIGHT = 38;
const KERNEL_WIDTH = 39;
const STRIDE_HEIGHT = 40;
const STRIDE_WIDTH = 41;
const PAD_TOP = 42;
const PAD_LEFT = 43;
const COLUMNS = 44;
const IMAGE = 45;

/** Patches that are held at once for an input gradient. */
const COLUMN_BYTES = 16 << 20;

/** Whether every output pixel depends on the input pixel at the same place only: a matrix product. */
function isPointwise(shape: ConvolutionShape): boolean {
  return (
    shape.kernelHeight === 1 &&
    shape.kernelWidth === 1 &&
    shape.strideHeight === 1 &&
    shape.strideWidth === 1 &&
    shape.padTop === 0 &&
    shape.padLeft === 0 &&
    shape.outHeight === shape.inHeight &&
    shape.outWidth === shape.inWidth
  );
}

/** Writes the shape into the parameters of what works on patches of images. */
export function setConvolution(launcher: Launcher, shape: ConvolutionShape): void {
  const p = launcher.integers;
  p[BATCH] = shape.batch;
  p[IN_HEIGHT] = shape.inHeight;
  p[IN_WIDTH] = shape.inWidth;
  p[IN_CHANNELS] = shape.inChannels;
  p[OUT_HEIGHT] = shape.outHeight;
  p[OUT_WIDTH] = shape.outWidth;
  p[KERNEL_HEIGHT] = shape.kernelHeight;
  p[KERNEL_WIDTH] = shape.kernelWidth;
  p[STRIDE_HEIGHT] = shape.strideHeight;
  p[STRIDE_WIDTH] = shape.strideWidth;
  p[PAD_TOP] = shape.padTop;
  p[PAD_LEFT] = shape.padLeft;
}

export function createConvolutionKernels(
  launcher: Launcher,
  memory: { allocate(bytes: number): number; release(offset: number): void },
): Pick<SimdKernels, 'conv2d' | 'conv2dBackpropInput' | 'conv2dBackpropFilter'> {
  const pixels = (shape: ConvolutionShape) => shape.batch * shape.outHeight * shape.outWidth;
  const patch = (shape: ConvolutionShape) => shape.kernelHeight * shape.kernelWidth * shape.inChannels;
  return {
    conv2d(shape, { x, filter, y, bias, activation }) {
      setConvolution(launcher, shape);
      multiplyMatrices(
        launcher,
        { a: x, b: filter, c: y, m: pixels(shape), n: shape.outChannels, k: patch(shape), bias, activation },
        undefined,
        !isPointwise(shape),
      );
    },

    conv2dBackpropFilter(shape, { x, dy, dFilter }) {
      setConvolution(launcher, shape);
      multiplyMatrices(
        launcher,
        { a: x, b: dy, c: dFilter, m: patch(shape), n: shape.outChannels, k: pixels(shape), transposeA: true },
        undefined,
        !isPointwise(shape),
      );
    },

    conv2dBackpropInput(shape, { dy, filter, dx }) {
      const product = { b: filter, n: patch(shape), k: shape.outChannels, transposeB: true };
      if (isPointwise(shape)) {
        multiplyMatrices(launcher, { ...product, a: dy, c: dx, m: pixels(shape) });
        return;
      }
      const outPixels = shape.outHeight * shape.outWidth;
      const inFloats = shape.inHeight * shape.inWidth * shape.inChannels;
      const images = Math.max(
        1,
        Math.min(shape.batch, Math.floor(COLUMN_BYTES / Math.max(1, outPixels * patch(shape) * 4))),
      );
      const columns = memory.allocate(images * outPixels * patch(shape) * 4);
      try {
        for (let image = 0; image < shape.batch; image += images) {
          const count = Math.min(images, shape.batch - image);
          const from = dy + image * outPixels * shape.outChannels * 4;
          multiplyMatrices(launcher, { ...product, a: from, c: columns, m: count * outPixels });
          setConvolution(launcher, shape);
          launcher.integers[COLUMNS] = columns;
          launcher.integers[IMAGE] = dx + image * inFloats * 4;
          launcher.run('columnsToImage', count);
        }
      } finally {
        memory.release(columns);
      }
    },
  };
}
