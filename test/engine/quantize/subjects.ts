import { listSteps } from '../../../electron/engine/lowering/steps.ts';
import type { BuildOptions } from '../../../electron/engine/model/index.ts';
import type { CalibrationImages } from '../../../electron/engine/quantize/observe.ts';
import { drawPixels, drawRequest } from '../export/samples.ts';

/** A small network as steps, with images to observe it on. */
export function drawSubject(options: Partial<BuildOptions> = {}) {
  const request = drawRequest({ width: 0.1, inputSize: 24, ...options });
  const images: CalibrationImages[] = ['a', 'b'].map((seed) => ({
    pixels: drawPixels(request.network, 3, seed),
    size: 3,
  }));
  return { request, program: listSteps(request.network, request.weights), images };
}
