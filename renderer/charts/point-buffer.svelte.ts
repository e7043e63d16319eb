/**
 * A growing curve: points in order of x, stored as plain numbers. When there are more than `limit`, every second point
 * is dropped, and so are later points at the same rate, so that the curve stays evenly thinned.
 */
export class PointBuffer {
  #x = new Float64Array(256);
  #y = new Float64Array(256);
  #length = 0;
  readonly #limit: number;
  /** Every so many points, one is kept. */
  #stride = 1;
  #seen = 0;
  /** Changes with every addition; a chart reads it to be redrawn. */
  version = $state(0);

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

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
      if (this.#seen++ % this.#stride !== 0) continue;
      if (this.#length >= this.#limit) {
        this.#halve();
        if ((this.#seen - 1) % this.#stride !== 0) continue;
      }
      if (this.#length === this.#x.length) this.#grow();
      this.#x[this.#length] = x;
      this.#y[this.#length++] = y;
    }
    this.version++;
  }

  clear(): void {
    this.#length = 0;
    this.#stride = 1;
    this.#seen = 0;
    this.version++;
  }

  #halve(): void {
    const kept = Math.ceil(this.#length / 2);
    for (let i = 0; i < kept; i++) {
      this.#x[i] = this.#x[2 * i]!;
      this.#y[i] = this.#y[2 * i]!;
    }
    this.#length = kept;
    this.#stride *= 2;
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
