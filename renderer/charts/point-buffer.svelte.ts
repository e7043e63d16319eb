/** A curve that grows: points in order of x, kept as plain numbers, so that a hundred thousand cost nothing to hold. */
export class PointBuffer {
  #x = new Float64Array(256);
  #y = new Float64Array(256);
  #length = 0;
  /** Changes with every addition; reading it is what makes a chart follow. */
  version = $state(0);

  static of(points: Iterable<readonly [x: number, y: number]>): PointBuffer {
    const buffer = new PointBuffer();
    buffer.append(points);
    return buffer;
  }

  get length(): number {
    return this.#length;
  }

  get x(): Float64Array {
    return this.#x.subarray(0, this.#length);
  }

  get y(): Float64Array {
    return this.#y.subarray(0, this.#length);
  }

  append(points: Iterable<readonly [x: number, y: number]>): void {
    for (const [x, y] of points) {
      if (this.#length === this.#x.length) this.#grow();
      this.#x[this.#length] = x;
      this.#y[this.#length++] = y;
    }
    this.version++;
  }

  clear(): void {
    this.#length = 0;
    this.version++;
  }

  #grow(): void {
    this.#x = doubled(this.#x);
    this.#y = doubled(this.#y);
  }
}

function doubled(numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
