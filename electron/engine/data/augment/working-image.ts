/**
 * One image while it is augmented: interleaved red, green, blue as floats in [0, 255], `[size, size, 3]`, and a second
 * buffer of the same shape for operations that cannot work in place.
 */
export class WorkingImage {
  readonly size: number;
  pixels: Float32Array;
  #other: Float32Array;

  constructor(size: number) {
    this.size = size;
    this.pixels = new Float32Array(size * size * 3);
    this.#other = new Float32Array(size * size * 3);
  }

  /** Takes an image over from bytes. */
  load(bytes: Uint8Array, offset: number): void {
    const { pixels } = this;
    for (let i = 0; i < pixels.length; i++) pixels[i] = bytes[offset + i]!;
  }

  /** Replaces the pixels by what `fill` writes into a buffer whose content is undefined before. */
  redraw(fill: (from: Float32Array, to: Float32Array) => void): void {
    const { pixels } = this;
    fill(pixels, this.#other);
    this.pixels = this.#other;
    this.#other = pixels;
  }
}
