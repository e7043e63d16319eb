import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdRuntime } from './runtime.ts';

type Values = backend_util.BackendValues;

/**
 * The numbers behind a data id. They lie in WebAssembly memory when a kernel of ours made or used them, in ordinary
 * memory otherwise; tfjs's CPU kernels see an array either way.
 */
export class TensorData {
  readonly dtype: DataType;
  refCount: number;
  /** Set by tfjs for complex numbers, which are pairs of tensors. */
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  readonly #runtime: SimdRuntime;
  #values: Values | undefined;
  #offset: number | undefined;
  #length = 0;
  #onRelease: (() => void) | undefined;

  constructor(runtime: SimdRuntime, dtype: DataType, refCount: number) {
    this.#runtime = runtime;
    this.dtype = dtype;
    this.refCount = refCount;
  }

  /** Takes a fresh block for `length` f32 numbers, content undefined, and returns its offset. */
  allocate(length: number): number {
    this.release();
    this.#offset = this.#runtime.allocate(Math.max(length, 1) * Float32Array.BYTES_PER_ELEMENT);
    this.#length = length;
    return this.#offset;
  }

  /** Byte offset of the f32 numbers in WebAssembly memory; moves them there at the first call. */
  offset(): number {
    if (this.#offset !== undefined) return this.#offset;
    const values = this.#values as Float32Array;
    const offset = this.allocate(values.length);
    this.#runtime.f32(offset, values.length).set(values);
    return offset;
  }

  get values(): Values {
    if (this.#offset !== undefined) {
      this.#runtime.finish();
      this.#values ??= this.#runtime.f32(this.#offset, this.#length);
    }
    // tfjs declares BackendValues where undefined stands for "complex: see the parts".
    return this.#values as Values;
  }

  /** Keeps `values`, or a copy when they are a window on WebAssembly memory, which lives as long as its owner only. */
  set values(values: Values) {
    this.release();
    const isWindow = ArrayBuffer.isView(values) && this.#runtime.holds(values);
    if (isWindow) this.#runtime.finish();
    this.#values = isWindow ? values.slice() : values;
  }

  /** Has `onRelease` called when the numbers go. */
  keep(onRelease: () => void): void {
    this.#onRelease = onRelease;
  }

  /** Gives the block back; the numbers are gone. */
  release(): void {
    this.#onRelease?.();
    this.#onRelease = undefined;
    if (this.#offset !== undefined) this.#runtime.release(this.#offset);
    this.#offset = undefined;
    this.#values = undefined;
  }
}
