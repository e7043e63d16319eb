import type { LatencyTable } from '../../../../shared/run/latency-table.ts';
import { Random } from '../../core/random.ts';
import { EXPORTERS, type Exporter, planAnyIntegers } from '../../export/index.ts';
import { type HostTensor, type Network, parameterSpecs, sizeOf, type Weights } from '../../model/index.ts';

/** What times networks on a device. This machine's runtimes do, and a phone can. */
export interface NetworkTimer {
  /** Runtime, version, device and threads; null until something was timed. */
  readonly runtime: string | null;
  /** Milliseconds of single inferences at batch 1, after some that are not timed. */
  time(network: Network): Promise<number[]>;
}

/** Inferences in one turn of a network, those before that are not timed, and how long a turn may take. */
const TURN = { runs: 60, warmUp: 10, limitMs: 300 } as const;

/** What a runtime that was just started does first, untimed, while its code is being compiled. */
const FRESH = { runs: 100_000, warmUp: 0, limitMs: 2000 } as const;

/** Times networks as exported files in their real runtime on this machine. */
export class ExportTimer implements NetworkTimer {
  runtime: string | null = null;
  readonly #exporter: Exporter;
  readonly #precision: LatencyTable['precision'];
  readonly #threads: number;

  constructor({ format, precision, threads }: Pick<LatencyTable, 'format' | 'precision' | 'threads'>) {
    this.#exporter = EXPORTERS[format];
    this.#precision = precision;
    this.#threads = threads;
  }

  /** @throws DecantError `model.unreadable` */
  async time(network: Network): Promise<number[]> {
    const [height, width] = network.inputSize;
    const request = {
      network,
      weights: makeWeights(network),
      classes: Array.from({ length: network.classes }, (_, i) => `c${i}`),
      precision: this.#precision,
    };
    const quantization = this.#exporter.isInteger(this.#precision) ? planAnyIntegers(request) : undefined;
    const file = await this.#exporter.open(
      this.#exporter.write(quantization ? { ...request, quantization } : request),
      { threads: this.#threads },
    );
    try {
      this.runtime = file.runtime;
      const pixels = noisePixels(height * width * 3);
      if (file.fresh) await file.time(pixels, FRESH);
      return await file.time(pixels, TURN);
    } finally {
      await file.close();
    }
  }
}

/** Random numbers, made once: what they are decides no time, but zeros could meet shortcuts. */
const NOISE = (() => {
  const random = new Random('latency');
  return Float32Array.from({ length: 4093 }, () => random.uniform(-1, 1));
})();

function noisePixels(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 127.5 * (1 + NOISE[i % NOISE.length]!));
}

/** Numbers of the size of trained ones, so that nothing overflows or sinks below what processors compute fast. */
function makeWeights(network: Network): Weights {
  return new Map(
    parameterSpecs(network).map(({ name, shape }) => {
      const size = sizeOf(shape);
      const values = new Float32Array(size);
      if (/[/](gamma|variance)$/.test(name)) values.fill(1);
      else if (name.endsWith('/weight')) {
        const inputs = Math.max(1, size / shape.at(shape.at(-1) === 1 ? -2 : -1)!);
        const scale = Math.sqrt(6 / inputs);
        for (let i = 0; i < size; i++) values[i] = scale * NOISE[i % NOISE.length]!;
      }
      return [name, { shape, values } satisfies HostTensor];
    }),
  );
}
