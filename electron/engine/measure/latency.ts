import { type Clock, systemClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { describeOnnxRuntime, type OnnxSession, openOnnxSession } from './onnx-session.ts';
import { percentile } from './percentile.ts';

/** Time of one inference at batch 1. */
export interface Latency {
  name: string;
  latencyMs: { p50: number; p95: number };
  /** Images a second, by convention 1000 / p50: what a caller gets who asks for one image after the other. */
  fps: number;
  /** Runtime, version, device and threads: "onnxruntime-node 1.30.0, CPU, 1 thread". */
  runtime: string;
}

/**
 * Times networks at batch 1 in ONNX Runtime on the CPU. All networks are loaded first and timed in turn, one inference
 * each and in alternating order, so that a busy or throttled machine slows all of them alike. Loading, warm-up and the
 * making of the input are not counted; the copy of the output is.
 *
 * @param models ONNX files of one image input, each timed at its own input size
 * @param runs timed inferences a network
 * @param threads of one operation
 * @param warmUp untimed inferences a network
 * @throws DecantError `model.unreadable`; the signal's reason when it is aborted
 */
export async function measureLatency(
  models: readonly { name: string; onnx: Uint8Array }[],
  {
    runs = 200,
    threads = 1,
    warmUp = 20,
    clock = systemClock,
    signal,
  }: { runs?: number; threads?: number; warmUp?: number; clock?: Clock; signal?: AbortSignal } = {},
): Promise<Latency[]> {
  const timed: { name: string; session: OnnxSession; image: Float32Array; times: number[] }[] = [];
  try {
    for (const { name, onnx } of models) {
      const session = await openOnnxSession(onnx, { threads });
      timed.push({ name, session, image: drawNoise(session.inputSize), times: [] });
    }
    for (let round = -warmUp; round < runs; round++)
      for (const { session, image, times } of round % 2 === 0 ? timed : timed.toReversed()) {
        signal?.throwIfAborted();
        const start = clock.elapsedMs();
        await session.run(image, 1);
        const elapsed = clock.elapsedMs() - start;
        if (round >= 0) times.push(elapsed);
      }
  } finally {
    for (const { session } of timed) await session.close();
  }
  return timed.map(({ name, times }) => {
    const p50 = percentile(times, 0.5);
    const p95 = percentile(times, 0.95);
    return { name, latencyMs: { p50, p95 }, fps: 1000 / p50, runtime: describeOnnxRuntime(threads) };
  });
}

/** Random pixels 0..255: zeros or constants could meet shortcuts that photographs do not. */
function drawNoise([height, width]: readonly [number, number]): Float32Array {
  const random = new Random('latency');
  return Float32Array.from({ length: 3 * height * width }, () => random.integer(256));
}
