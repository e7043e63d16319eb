import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { listSome, shorten } from '../../../shared/text/shorten.ts';
import { DecantError } from '../core/errors.ts';

/** An ONNX network loaded in ONNX Runtime's CPU provider: one float32 image input, one float32 output. */
export interface OnnxSession {
  /** `[height, width]` of the input image, pixels. */
  readonly inputSize: readonly [height: number, width: number];
  /**
   * Runs the network.
   *
   * @param images `[size, 3, height, width]`, or `[size, height, width, 3]` where it was opened so, in the range that
   * the file asks for
   * @returns the output `[size, outputs]`, owned by the caller
   * @throws DecantError `model.unreadable` for a graph that contradicts itself
   */
  run(images: Float32Array, size: number): Promise<Float32Array>;
  /** Frees the native memory. */
  close(): Promise<void>;
}

/**
 * Loads an ONNX file's bytes.
 *
 * @param threads of one operation (intra-op); operations run one after the other. 0: one for each core.
 * @param optimize false runs the graph exactly as it stands in the file
 * @param channelsLast whether the network takes `[batch, height, width, 3]` rather than `[batch, 3, height, width]`
 * @throws DecantError `model.unreadable` when the bytes are not a network of one image input
 */
export async function openOnnxSession(
  bytes: Uint8Array,
  {
    threads = 0,
    optimize = true,
    channelsLast = false,
  }: { threads?: number; optimize?: boolean; channelsLast?: boolean } = {},
): Promise<OnnxSession> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: optimize ? 'all' : 'disabled',
      logSeverityLevel: 4, // What it would write itself holds names of the file as they are.
      // Idle threads of one session would otherwise spin and take the cores from whatever runs next: another session, or
      // our own back end.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      `ONNX Runtime cannot load this file of ${bytes.length} bytes (${describeOnnxFailure(error)}); export the network again.`,
      { sizeBytes: bytes.length },
      { cause: error },
    );
  }
  const input = session.inputMetadata[0];
  const shape = input?.isTensor && input.type === 'float32' ? input.shape : [];
  const [height, width, channels] = channelsLast ? shape.slice(1) : [shape[2], shape[3], shape[1]];
  const output = session.outputNames[0];
  if (
    input === undefined ||
    output === undefined ||
    session.inputNames.length !== 1 ||
    channels !== 3 ||
    typeof height !== 'number' ||
    typeof width !== 'number'
  ) {
    await session.release();
    throw new DecantError(
      'model.unreadable',
      `The ONNX file takes ${listSome(session.inputNames) || 'nothing'} of shape [${shape.join(', ')}], not one float32 image ${channelsLast ? '[batch, height, width, 3]' : '[batch, 3, height, width]'}; use a file that Decant exported.`,
      { inputs: session.inputNames, shape },
    );
  }
  return {
    inputSize: [height, width],
    async run(images, size) {
      const dims = channelsLast ? [size, height, width, 3] : [size, 3, height, width];
      const results = await session
        .run({ [input.name]: new Tensor('float32', images, dims) }, [output])
        .catch((error: unknown) => {
          throw new DecantError(
            'model.unreadable',
            `ONNX Runtime cannot run this file of ${bytes.length} bytes (${describeOnnxFailure(error)}); export the network again.`,
            { sizeBytes: bytes.length },
            { cause: error },
          );
        });
      const { data } = results[output]!;
      if (!(data instanceof Float32Array))
        throw new DecantError('model.unreadable', `The ONNX file's output ${output} is not float32.`, { output });
      return data;
    },
    close: () => session.release(),
  };
}

/** "onnxruntime-node 1.30.0, CPU, 1 thread"; 0 threads stand for one for each core. */
export function describeOnnxRuntime(threads: number): string {
  const described = threads === 0 ? 'one thread per core' : `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `onnxruntime-node ${env.versions.node ?? 'unknown'}, CPU, ${described}`;
}

/** What ONNX Runtime says of a file, as a clause: its first line, without places in its own sources. */
export function describeOnnxFailure(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return shorten(line.replace(/\S*onnxruntime_src\S*( [^()]*\([^)]*\))?\s*/g, '').replace(/[.\s]+$/, ''), 200);
}
