import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataType, engine, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdKernels } from './kernel-types.ts';
import { NumbersStorage } from './numbers-storage.ts';
import type { SimdRuntime } from './runtime.ts';
import { TensorData } from './tensor-data.ts';

type Values = backend_util.BackendValues;
type DataId = TensorInfo['dataId'];

/**
 * tfjs's CPU back end with its numbers in the memory of our WebAssembly kernels: every operation works by tfjs's own
 * kernels, and those that we replace work on the same bytes without a copy.
 */
export class SimdBackend extends MathBackendCPU {
  readonly runtime: SimdRuntime;
  /** Whether convolutions and matrix products round their inputs to 16 bits, as graphics cards do in mixed precision. */
  readonly emulatesHalf: boolean;
  override readonly data: NumbersStorage;
  readonly #live = new Set<TensorData>();

  constructor(runtime: SimdRuntime, { emulateHalf = false }: { emulateHalf?: boolean } = {}) {
    super();
    this.runtime = runtime;
    this.emulatesHalf = emulateHalf;
    this.data = new NumbersStorage(this, engine());
  }

  get kernels(): SimdKernels {
    return this.runtime.kernels;
  }

  override write(values: Values, _shape: number[], dtype: DataType): DataId {
    const dataId = this.data.makeId();
    this.#store(dataId, dtype, 1).values = values;
    return dataId;
  }

  override move(dataId: DataId, values: Values, _shape: number[], dtype: DataType, refCount: number): void {
    this.#store(dataId, dtype, refCount).values = values;
  }

  /** A copy: what the caller holds must outlive the tensor. */
  override readSync(dataId: DataId): Values {
    const values = super.readSync(dataId);
    return ArrayBuffer.isView(values) ? values.slice() : values;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.data.has(dataId) ? this.#entry(dataId) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && entry) {
      entry.release();
      this.#live.delete(entry);
    }
    return gone;
  }

  /** Gives back the memory of every tensor that is left. */
  override dispose(): void {
    for (const entry of this.#live) entry.release();
    this.#live.clear();
  }

  /** A float32 tensor in WebAssembly memory, content undefined, for a kernel to write at `offsetOf` it. */
  makeOutput32(shape: readonly number[]): TensorInfo {
    const dataId = this.data.makeId();
    const outShape = [...shape];
    const entry = this.#store(dataId, 'float32', 1);
    try {
      entry.allocate(util.sizeFromShape(outShape));
    } catch (error) {
      this.disposeData(dataId);
      throw error;
    }
    return { dataId, shape: outShape, dtype: 'float32' };
  }

  /** A tensor without numbers that calls `release` when it is disposed: it keeps memory that is no tensor's. */
  makeKeeper(release: () => void): TensorInfo {
    const dataId = this.write(new Float32Array(0), [0], 'float32');
    this.#entry(dataId).keep(release);
    return { dataId, shape: [0], dtype: 'float32' };
  }

  /** Byte offset of a float32 tensor in WebAssembly memory; valid until the tensor is disposed. */
  offsetOf(tensor: TensorInfo): number {
    return this.#entry(tensor.dataId).offset();
  }

  /** Returns when all kernels that were called are done. */
  finish(): void {
    this.runtime.finish();
  }

  /** The same numbers under another shape, without a copy. */
  share(tensor: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  #store(dataId: DataId, dtype: DataType, refCount: number): TensorData {
    const entry = new TensorData(this.runtime, dtype, refCount);
    this.data.set(dataId, entry);
    this.#live.add(entry);
    return entry;
  }

  #entry(dataId: DataId): TensorData {
    // Every entry of this back end is stored by #store; `get` first fetches the data of other back ends through `move`.
    return this.data.get(dataId) as TensorData;
  }
}
