import type { DeviceBackend } from '../../electron/engine/compute/webgpu/backend.ts';
import { watchPrograms } from './watch-programs.ts';

export interface ProgramTime {
  readonly program: string;
  readonly dispatches: number;
  /** On the device, without what lies between two programs. */
  readonly elapsedMs: number;
}

/** Programs whose times one set of queries holds: WebGPU allows 4096 queries. */
const IN_A_SET = 2048;

/**
 * Times every program on the device from now on, each in a compute pass of its own; the device must have the feature
 * `timestamp-query`. `collect` waits for what was enqueued, gives the times since the last call, longest first, and
 * forgets them.
 */
export function timePrograms(backend: DeviceBackend): { collect(): Promise<ProgramTime[]> } {
  const { device } = backend;
  let sets: GPUQuerySet[] = [];
  let names: string[] = [];
  watchPrograms(backend, (program, run) => {
    const place = names.length % IN_A_SET;
    if (place === 0) sets.push(device.createQuerySet({ type: 'timestamp', count: 2 * IN_A_SET }));
    const querySet = sets.at(-1)!;
    backend.endComputePassEncoder();
    backend.ensureCommandEncoderReady();
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    const encoder: GPUCommandEncoder = backend['commandEncoder'];
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * place, endOfPassWriteIndex: 2 * place + 1 };
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    backend['computePassEncoder'] = encoder.beginComputePass({ timestampWrites });
    names.push(program);
    const result = run();
    backend.endComputePassEncoder();
    return result;
  });
  return {
    async collect() {
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.submitQueue();
      const [readSets, readNames] = [sets, names];
      [sets, names] = [[], []];
      const times = new Map<string, { dispatches: number; elapsedMs: number }>();
      for (const [index, set] of readSets.entries()) {
        const stamps = await readStamps(device, set);
        for (const [place, program] of readNames.slice(index * IN_A_SET, (index + 1) * IN_A_SET).entries()) {
          const entry = times.get(program) ?? { dispatches: 0, elapsedMs: 0 };
          entry.dispatches++;
          entry.elapsedMs += Number(stamps[2 * place + 1]! - stamps[2 * place]!) / 1e6;
          times.set(program, entry);
        }
        set.destroy();
      }
      return [...times].map(([program, time]) => ({ program, ...time })).sort((a, b) => b.elapsedMs - a.elapsedMs);
    },
  };
}

/** Nanoseconds, two of each program: its beginning and its end. */
async function readStamps(device: GPUDevice, set: GPUQuerySet): Promise<BigUint64Array> {
  const size = 8 * set.count;
  const resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const readable = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(set, 0, set.count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(GPUMapMode.READ);
  const stamps = new BigUint64Array(readable.getMappedRange().slice(0));
  readable.destroy();
  resolved.destroy();
  return stamps;
}
