import { INPUT_SIZE } from '../../../../shared/run/network-limits.ts';
import { DecantError } from '../../core/errors.ts';
import { describeOnnxRuntime, findOnnxCostFault, openOnnxSession } from '../../measure/index.ts';
import { countOperations, readImageShape } from '../../onnx/count-operations.ts';
import { decodeModel } from '../../onnx/messages.ts';
import type { OpenedExport } from '../exporter.ts';
import { timeRuns } from '../runtime-thread.ts';

/**
 * Loads an ONNX file in ONNX Runtime on the CPU, the given threads (0: one for each core). What would take too long is refused
 * before.
 *
 * @throws DecantError `model.unreadable`
 */
export async function openOnnx(
  bytes: Uint8Array,
  {
    optimize = true,
    threads = 0,
    firstAnswerMs,
  }: { optimize?: boolean; threads?: number; firstAnswerMs?: number } = {},
): Promise<OpenedExport> {
  const model = decodeModel(bytes);
  const image = readImageShape(model.graph, [INPUT_SIZE.least, INPUT_SIZE.least]); // A file with an open size is refused below.
  const fault = await findOnnxCostFault(bytes, { cost: countOperations(model, image), image, firstAnswerMs });
  if (fault !== null) throw new DecantError('model.unreadable', `The ONNX file ${fault}; use a smaller network.`, {});
  const session = await openOnnxSession(bytes, { optimize, threads });
  const [height, width] = session.inputSize;
  return {
    inputSize: session.inputSize,
    runtime: describeOnnxRuntime(threads),
    run: (pixels, size) => session.run(planesOf(pixels, size, height * width), size),
    time(pixels, limits) {
      const image = planesOf(pixels, 1, height * width);
      return timeRuns(() => session.run(image, 1), limits);
    },
    close: () => session.close(),
  };
}

/** `[size, height, width, 3]` bytes to `[size, 3, height, width]` numbers. */
function planesOf(pixels: Uint8Array, size: number, area: number): Float32Array {
  const planes = new Float32Array(size * 3 * area);
  for (let image = 0; image < size; image++)
    for (let channel = 0; channel < 3; channel++) {
      const to = (image * 3 + channel) * area;
      const from = image * 3 * area + channel;
      for (let i = 0; i < area; i++) planes[to + i] = pixels[from + 3 * i]!;
    }
  return planes;
}
