import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../../core/errors.ts';
import { type Program, writeShader } from './program.ts';

/** How matrix products see their inputs: as they are, rounded to the device's f16, or rounded to it by arithmetic. */
export type InputRounding = 'none' | 'f16' | 'emulated';

/** What has gone to and fro since the back end was made. */
export interface DeviceCounts {
  readonly dispatches: number;
  readonly submits: number;
  /** Times that numbers were fetched from the device, which waits for it. */
  readonly readBacks: number;
  /** Pipelines of ours that were compiled. */
  readonly pipelines: number;
  /** Sets of buffers that are kept. */
  readonly bindGroups: number;
}

interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** By the numbers of their buffers. */
  readonly bindGroups: Map<string, GPUBindGroup>;
}

/** Sets of uniforms that are kept; training uses some hundreds again and again, and a few new ones in every step. */
const KEPT_UNIFORMS = 4096;
/** Sets of buffers that are kept; a step of training mostly finds its tensors where the last one had them. */
const KEPT_BIND_GROUPS = 32768;
/** After so many submissions, some hundred steps, buffers are given back if many lie idle: a cut network needs smaller ones. */
const SUBMITS_BETWEEN_TRIMS = 4096;
/** Buffers of all sizes together are never all in use at once; this many times the most in use is too much. */
const IDLE_LIMIT = 2;

/**
 * tfjs's WebGPU back end with a way to run programs that write several tensors, or write in place, or need f16, none of
 * which tfjs's own programs can. Both kinds go through the same command encoder, so their order is that of the calls.
 */
export class DeviceBackend extends WebGPUBackend {
  readonly rounding: InputRounding;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #uniforms = new Map<string, GPUBuffer>();
  readonly #bufferNumbers = new WeakMap<GPUBuffer, number>();
  #buffersSeen = 0;
  #bindGroupsKept = 0;
  #dispatches = 0;
  #submits = 0;
  #readBacks = 0;
  #peakBytes = 0;
  /** The first thing that went wrong on the device, which tells of it later and computes on. */
  #failure: string | undefined;
  #closed = false;

  constructor(device: GPUDevice, info: GPUAdapterInfo, { rounding }: { rounding: InputRounding }) {
    super(device, info);
    this.rounding = rounding;
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.#failure ??= firstLine(event.error.message);
    });
    void device.lost.then(({ message }) => {
      if (!this.#closed) this.#failure ??= `the device was lost (${firstLine(message)})`;
    });
  }

  get counts(): DeviceCounts {
    return {
      dispatches: this.#dispatches,
      submits: this.#submits,
      readBacks: this.#readBacks,
      pipelines: this.#pipelines.size,
      bindGroups: this.#bindGroupsKept,
    };
  }

  /** A tensor whose numbers a program is about to write. */
  makeOutput(shape: readonly number[]): tf.TensorInfo {
    return this.makeTensorInfo([...shape], 'float32');
  }

  /**
   * Enqueues a program. `tensors` and `uniforms` are by the names in its code; a tensor that it writes must not be
   * given under a second name.
   */
  launch(
    program: Program,
    tensors: Readonly<Record<string, tf.TensorInfo>>,
    uniforms: Readonly<Record<string, number>>,
    [x, y = 1, z = 1]: readonly [x: number, y?: number, z?: number],
  ): void {
    const { source } = program;
    const compiled = this.#compile(program);
    const buffers = [
      ...Object.keys(source.writes).map((name) => this.#bufferOf(tensors[name]!, { written: true })),
      ...Object.keys(source.reads).map((name) => this.#bufferOf(tensors[name]!, { written: false })),
      this.#uniformsOf(program, uniforms),
    ];
    const pass = this.#openPass();
    pass.setPipeline(compiled.pipeline);
    pass.setBindGroup(0, this.#bind(compiled, buffers));
    pass.dispatchWorkgroups(x, y, z);
    this.#dispatches++;
    this.#countInPass();
  }

  override runWebGPUProgram(...call: Parameters<WebGPUBackend['runWebGPUProgram']>): tf.TensorInfo {
    this.#dispatches++;
    return super.runWebGPUProgram(...call);
  }

  override submitQueue(): void {
    this.#submits++;
    super.submitQueue();
    this.#peakBytes = Math.max(this.#peakBytes, this.bufferManager.numBytesUsed);
    if (this.#submits % SUBMITS_BETWEEN_TRIMS === 0) this.#trim();
    if (this.#uniforms.size > KEPT_UNIFORMS || this.#bindGroupsKept > KEPT_BIND_GROUPS) this.#forget();
  }

  /**
   * Frees at once, where tfjs waits for the next submission. Commands run in the order in which they were recorded, so
   * whoever takes the buffer next writes to it after everybody who was before. Less memory is held, and in every
   * step tensors get the same buffers as in the last one.
   */
  override disposeData(dataId: object, force = false): boolean {
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    const waiting: WeakSet<object> = this['commandQueueOwnedIds'];
    waiting.delete(dataId);
    return super.disposeData(dataId, force);
  }

  /** Throws `backend.failed` when something has gone wrong on the device since it was opened. */
  override async getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer> {
    this.#readBacks++;
    const numbers = await super.getBufferData(buffer).catch((cause: Error) => {
      this.#failure ??= firstLine(cause.message);
    });
    if (this.#failure === undefined && numbers) return numbers;
    throw new DecantError(
      'backend.failed',
      `The graphics card failed: ${this.#failure}. Lower train.batch if it lacks memory, or choose another back end.`,
      { backend: 'webgpu', failure: this.#failure },
    );
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    if (this.tensorMap.get(dataId).values == null) {
      throw new Error('WebGPU cannot be read synchronously outside of a browser; use data() instead of dataSync()');
    }
    return super.readSync(dataId);
  }

  override dispose(): void {
    this.#closed = true;
    this.#forget();
    super.dispose();
  }

  #compile({ key, source }: Program): Pipeline {
    let compiled = this.#pipelines.get(key);
    if (compiled === undefined) {
      const types = [
        ...Object.keys(source.writes).map(() => 'storage' as const),
        ...Object.keys(source.reads).map(() => 'read-only-storage' as const),
        'uniform' as const,
      ];
      const layout = this.device.createBindGroupLayout({
        entries: types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
      });
      const pipeline = this.device.createComputePipeline({
        label: key,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module: this.device.createShaderModule({ label: key, code: writeShader(source) }) },
      });
      compiled = { pipeline, layout, bindGroups: new Map() };
      this.#pipelines.set(key, compiled);
    }
    return compiled;
  }

  /** Making a bind group is the dearest part of a dispatch, so they are kept. */
  #bind({ layout, bindGroups }: Pipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const key = buffers.map((buffer) => this.#numberOf(buffer)).join();
    let bindGroup = bindGroups.get(key);
    if (bindGroup === undefined) {
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      bindGroup = this.device.createBindGroup({ layout, entries });
      bindGroups.set(key, bindGroup);
      this.#bindGroupsKept++;
    }
    return bindGroup;
  }

  #numberOf(buffer: GPUBuffer): number {
    let number = this.#bufferNumbers.get(buffer);
    if (number === undefined) {
      number = this.#buffersSeen++;
      this.#bufferNumbers.set(buffer, number);
    }
    return number;
  }

  #bufferOf({ dataId }: tf.TensorInfo, { written }: { written: boolean }): GPUBuffer {
    this.uploadToGPU(dataId);
    const data = this.tensorMap.get(dataId);
    // What was read from the device before is kept by tfjs, and no longer true.
    if (written) Object.assign(data, { values: null });
    return data.resource as GPUBuffer; // Textures are for images from a browser.
  }

  /** Uniforms never change once they are written: the same numbers are the same buffer. */
  #uniformsOf({ source }: Program, uniforms: Readonly<Record<string, number>>): GPUBuffer {
    const fields = Object.entries(source.uniforms);
    const key = fields.map(([name, type]) => (type === 'f32' ? `${uniforms[name]}f` : uniforms[name])).join();
    let buffer = this.#uniforms.get(key);
    if (buffer === undefined) {
      const size = Math.max(16, Math.ceil(fields.length / 4) * 16);
      buffer = this.device.createBuffer({ size, usage: GPUBufferUsage.UNIFORM, mappedAtCreation: true });
      const view = new DataView(buffer.getMappedRange());
      for (const [i, [name, type]] of fields.entries()) {
        if (type === 'f32') view.setFloat32(4 * i, uniforms[name]!, true);
        else view.setUint32(4 * i, uniforms[name]!, true);
      }
      buffer.unmap();
      this.#uniforms.set(key, buffer);
    }
    return buffer;
  }

  /** Only when nothing is waiting to be submitted. */
  #forget(): void {
    for (const { bindGroups } of this.#pipelines.values()) bindGroups.clear();
    this.#bindGroupsKept = 0;
    for (const buffer of this.#uniforms.values()) buffer.destroy();
    this.#uniforms.clear();
  }

  /** Gives idle buffers back, where there are many. Only when nothing is waiting to be submitted. */
  #trim(): void {
    const { bufferManager } = this;
    const tooMany = bufferManager.numBytesAllocated > IDLE_LIMIT * this.#peakBytes;
    this.#peakBytes = bufferManager.numBytesUsed;
    if (!tooMany) return;
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    const idle: Map<string, GPUBuffer[]> = bufferManager['freeBuffers'];
    for (const buffers of idle.values()) {
      for (const buffer of buffers) {
        bufferManager.numBytesAllocated -= buffer.size;
        buffer.destroy();
      }
      buffers.length = 0;
    }
    this.#forget();
  }

  // tfjs's typings hide these three, but a second encoder beside tfjs's own would need a submission at every change.

  #openPass(): GPUComputePassEncoder {
    this.ensureCommandEncoderReady();
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    const encoder: GPUCommandEncoder = this['commandEncoder'];
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    const open: GPUComputePassEncoder | null | undefined = this['computePassEncoder'];
    const pass = open ?? encoder.beginComputePass();
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    this['computePassEncoder'] = pass;
    return pass;
  }

  #countInPass(): void {
    // biome-ignore lint/complexity/useLiteralKeys: private in tfjs's typings
    const count: number = ++this['dispatchCountInPass'];
    if (count < tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) return;
    this.endComputePassEncoder();
    this.submitQueue();
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').trim().replace(/[.]$/, '');
}
