/** A file that was loaded in a runtime of the browser. */
export interface LoadedModel {
  /** Of the runtime. */
  readonly version: string;
  readonly threads: number;
  /** One image `[1, size, size, 3]`, RGB 0..255, as the file takes it. Not part of what is timed. */
  prepare(pixels: Uint8Array): Float32Array<ArrayBuffer>;
  /** Logits of a prepared image. */
  run(image: Float32Array<ArrayBuffer>): Promise<Float32Array>;
  /** Frees what it holds. */
  close(): Promise<void> | void;
}

/** The content of a file's parts, by their names. */
export type Parts = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Loads a file; throws what the runtime says where it cannot. */
export type Load = (parts: Parts, inputSize: number) => Promise<LoadedModel>;

/** The one part of a file that is not packed. */
export function onlyPart(parts: Parts): Uint8Array<ArrayBuffer> {
  const [bytes] = parts.values();
  if (!bytes) throw new Error('The file is empty.');
  return bytes;
}
