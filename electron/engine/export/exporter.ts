import type { Network, Weights } from '../model/index.ts';
import type { Preprocessing } from './preprocessing.ts';

export interface ExportRequest {
  network: Network;
  weights: Weights;
  /** Names of the classes, in the order of the logits. */
  classes: readonly string[];
}

/** What a file says about itself. */
export interface ExportDescription {
  architecture: string;
  classes: string[];
  preprocessing: Preprocessing;
}

/** An exported file at work in a real runtime. */
export interface OpenedExport {
  /** Runtime, version, device. */
  readonly runtime: string;
  /**
   * Classifies images.
   *
   * @param pixels `[size, height, width, 3]`, RGB 0..255, not normalized
   * @returns logits `[size, classes]`
   */
  run(pixels: Uint8Array, size: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** One file format: how it is written, and how it is read back in a runtime that its users have. */
export interface Exporter {
  readonly format: string;
  /** With its dot. */
  readonly extension: string;
  /** The whole file. Equal requests give equal bytes. */
  write(request: ExportRequest): Uint8Array;
  /** @throws DecantError `model.unreadable` */
  describe(bytes: Uint8Array): ExportDescription;
  /**
   * @param optimize false: without the runtime's own rewriting of the graph, where it leaves the choice
   * @throws DecantError `model.unreadable`
   */
  open(bytes: Uint8Array, options?: { optimize?: boolean }): Promise<OpenedExport>;
}
