import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { Normalization, NormalizationGradients, SimdKernels } from '../kernel-types.ts';

/** Numbers in WebAssembly memory that are no tensor's. */
export interface Block {
  readonly offset: number;
  release(): void;
}

/** A feature map: `x`, normalized where it has a batch norm. */
export interface MapValue {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  x: Block | null;
  readonly norm: MapNorm | null;
  /** What multiplies the normalized map, with the map itself. */
  readonly gated: { readonly map: MapValue; readonly gate: MeansValue } | null;
  /** How many of its readers the pass has not come to yet; backward, how many gradients are still to come. */
  readersLeft: number;
  /** Behind the batch norm and, once all readers have added to it, before the activation. */
  gradient: Block | null;
}

export interface MapNorm {
  readonly name: string;
  readonly normalization: Normalization;
  readonly table: Block;
}

/** Means over the pixels, `[batch, channels]`, and what is computed from them. */
export interface MeansValue {
  readonly channels: number;
  x: Block | null;
  gradient: Block | null;
}

/** One run over a batch: its values, the memory they take, and where parameters and their gradients lie. */
export class Pass {
  readonly batch: number;
  readonly backend: SimdBackend;
  readonly kernels: SimdKernels;
  readonly maps = new Map<string, MapValue>();
  readonly means = new Map<string, MeansValue>();
  /** Mean and variance of each batch norm, tensors of the caller's. */
  readonly statistics = new Map<string, { readonly mean: TensorInfo; readonly variance: TensorInfo }>();
  /** Numbers per channel of each batch norm. */
  readonly counts = new Map<string, number>();
  readonly #parameters: ReadonlyMap<string, TensorInfo>;
  readonly #gradients = new Map<string, TensorInfo>();
  readonly #blocks = new Set<Block>();

  constructor(backend: SimdBackend, batch: number, parameters: ReadonlyMap<string, TensorInfo>) {
    this.backend = backend;
    this.kernels = backend.kernels;
    this.batch = batch;
    this.#parameters = parameters;
  }

  /** Room for `floats` numbers, content undefined. */
  allocate(floats: number): Block {
    const { runtime } = this.backend;
    const offset = runtime.allocate(Math.max(1, floats) * 4);
    const block: Block = {
      offset,
      release: () => {
        if (this.#blocks.delete(block)) runtime.release(offset);
      },
    };
    this.#blocks.add(block);
    return block;
  }

  /** Gives back all that is left. */
  release(): void {
    for (const block of this.#blocks) block.release();
  }

  parameter(name: string): number {
    return this.backend.offsetOf(this.#parameters.get(name)!);
  }

  /** Where the gradient of a parameter is to be written. */
  gradientOf(name: string): number {
    let gradient = this.#gradients.get(name);
    if (gradient === undefined) {
      gradient = this.backend.makeOutput32(this.#parameters.get(name)!.shape);
      this.#gradients.set(name, gradient);
    }
    return this.backend.offsetOf(gradient);
  }

  /** The gradients of parameters, in this order, once all are written. */
  takeGradients(names: readonly string[]): TensorInfo[] {
    return names.map((name) => this.#gradients.get(name)!);
  }

  /** Gives back gradients that nobody will take. */
  dropGradients(): void {
    for (const { dataId } of this.#gradients.values()) this.backend.disposeData(dataId);
    this.#gradients.clear();
  }

  rowsOf({ height, width }: MapValue): number {
    return this.batch * height * width;
  }

  floatsOf(map: MapValue): number {
    return this.rowsOf(map) * map.channels;
  }

  gradientsOf({ name }: MapNorm): NormalizationGradients {
    return { dGamma: this.gradientOf(`${name}/gamma`), dBeta: this.gradientOf(`${name}/beta`) };
  }

  /**
   * Announces a reader's gradient of a map: where to write it, whether to add to what is there, and, for the last one, what to
   * take it through.
   */
  receive(map: MapValue): { dx: number; accumulate: boolean; through: NormalizationGradients | undefined } {
    map.readersLeft--;
    const accumulate = map.gradient !== null;
    map.gradient ??= this.allocate(this.floatsOf(map));
    const through = map.readersLeft === 0 && map.norm && !map.gated ? this.gradientsOf(map.norm) : undefined;
    return { dx: map.gradient.offset, accumulate, through };
  }

  /** Adds `dy`, `[batch, height, width, channels]`, to a map's gradient. */
  contribute(map: MapValue, dy: number): void {
    const { dx, accumulate, through } = this.receive(map);
    const floats = this.floatsOf(map);
    if (accumulate) this.kernels.binary('add', dx, dy, dx, floats);
    else if (!through) this.kernels.copy(dy, dx, floats);
    if (through) this.kernels.passThrough(map.x!.offset, accumulate ? dx : dy, dx, map.norm!.normalization, through);
  }

  /** Lets go of a map's numbers when nobody reads them any more. */
  dropMap(map: MapValue): void {
    map.x?.release();
    map.gradient?.release();
    map.norm?.table.release();
    map.x = null;
    map.gradient = null;
  }
}
