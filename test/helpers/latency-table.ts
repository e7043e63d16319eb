import type { LatencyTable } from '../../shared/run/latency-table.ts';

/** A table of latencies as a device would fill it. */
export function createLatencyTable(changes: Partial<LatencyTable> = {}): LatencyTable {
  return {
    name: 'this-tflite-fp32',
    device: 'this',
    machine: 'Abacus, linux x64',
    format: 'tflite',
    precision: 'fp32',
    threads: 1,
    runtime: 'LiteRT 2.5.3, XNNPACK in WebAssembly, 1 thread',
    statistic: 'fastest',
    createdAt: '2026-11-30T10:00:00.000Z',
    measuredAt: '2026-11-30T10:05:00.000Z',
    networks: [],
    pieces: { '32x32 norm @ 8': [0.25, 0.3] },
    ...changes,
  };
}
