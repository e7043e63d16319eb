import type { DecodedImage } from './decode-pool.ts';
import { Looks } from './look.ts';

/** What was found of images by index, packed: some 13 bytes each, 57 more with their looks. */
export class ExaminedImages {
  /** Why images cannot be read, by index. */
  readonly broken = new Map<number, string>();
  /** Null where nobody asks for them. */
  readonly looks: Looks | null;
  /** Shorter side in pixels. */
  readonly #sides: Uint32Array;
  /** The first 64 bits of the content's SHA-256. */
  readonly #contents: Uint32Array;

  constructor(count: number, { looks }: { looks: boolean }) {
    this.#sides = new Uint32Array(count);
    this.#contents = new Uint32Array(2 * count);
    this.looks = looks ? new Looks(count) : null;
  }

  set(index: number, image: DecodedImage): void {
    if (!image.ok) this.broken.set(index, image.reason);
    if (!image.ok || !image.facts) return;
    const { width, height, sha256, look } = image.facts;
    this.#sides[index] = Math.min(width, height);
    for (const part of [0, 1])
      this.#contents[2 * index + part] = Number.parseInt(sha256.slice(8 * part, 8 * part + 8), 16);
    this.looks?.set(index, look);
  }

  /** Shorter sides of those that can be read. */
  *sides(): Generator<number> {
    for (const [index, side] of this.#sides.entries()) if (!this.broken.has(index)) yield side;
  }

  /** Groups of images with the same content, ordered by their first image, each by index. */
  sameContent(): number[][] {
    const contents = this.#contents;
    const order = Uint32Array.from(this.#sides, (_, index) => index).filter((index) => !this.broken.has(index));
    const compare = (a: number, b: number) =>
      contents[2 * a]! - contents[2 * b]! || contents[2 * a + 1]! - contents[2 * b + 1]!;
    order.sort((a, b) => compare(a, b) || a - b);
    const groups: number[][] = [];
    for (let first = 0; first < order.length; ) {
      let end = first + 1;
      while (end < order.length && compare(order[first]!, order[end]!) === 0) end++;
      if (end - first > 1) groups.push([...order.subarray(first, end)]);
      first = end;
    }
    return groups.sort((a, b) => a[0]! - b[0]!);
  }
}
