/** One stretch of the memory, free or handed out; neighbours are linked so that freed ones can be joined. */
interface Block {
  offset: number;
  size: number;
  free: boolean;
  before: Block | undefined;
  after: Block | undefined;
  /** Neighbours in the list of free blocks of its class. */
  previousFree: Block | undefined;
  nextFree: Block | undefined;
}

const ALIGNMENT = 64;

/** Classes a doubling of the size: a free block is at most 1/8 smaller than its class promises. */
const CLASSES_A_DOUBLING = 8;

/**
 * Hands out 64-byte aligned blocks of one growing stretch of memory in constant time: segregated free lists, best class
 * first, blocks cut to size and joined again with free neighbours (after Masmano et al. 2004, "TLSF"). Of a class the
 * block that was freed last comes first: what lies there is likely in the processor's caches.
 */
export class MemoryArena {
  readonly #grow: (bytes: number) => number;
  readonly #blocks = new Map<number, Block>();
  /** The first free block of every class. */
  readonly #free: (Block | undefined)[] = [];
  #last: Block | undefined;
  #end: number;
  #allocatedBytes = 0;
  #peakBytes = 0;
  #blockCount = 0;

  /** `grow` lets the memory end at least `bytes` later and tells by how much; 0 when it cannot. */
  constructor(start: number, end: number, grow: (bytes: number) => number) {
    this.#grow = grow;
    this.#end = start;
    this.#append(end - start);
  }

  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  get blockCount(): number {
    return this.#blockCount;
  }

  /** The offset of a block of at least `bytes`, or undefined when the memory cannot grow that far. */
  allocate(bytes: number): number | undefined {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    let block = this.#find(size);
    if (block === undefined) {
      const missing = size - (this.#last?.free ? this.#last.size : 0);
      this.#append(this.#grow(missing));
      block = this.#last;
      if (block === undefined || !block.free || block.size < size) return undefined;
    }
    this.#remove(block);
    if (block.size - size >= ALIGNMENT) {
      const rest: Block = {
        offset: block.offset + size,
        size: block.size - size,
        free: true,
        before: block,
        after: block.after,
        previousFree: undefined,
        nextFree: undefined,
      };
      if (block.after === undefined) this.#last = rest;
      else block.after.before = rest;
      block.after = rest;
      block.size = size;
      this.#insert(rest);
    }
    block.free = false;
    this.#blocks.set(block.offset, block);
    this.#blockCount++;
    this.#allocatedBytes += block.size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#allocatedBytes);
    return block.offset;
  }

  /** Takes a block back; false when none was handed out at this offset. */
  release(offset: number): boolean {
    let block = this.#blocks.get(offset);
    if (block === undefined) return false;
    this.#blocks.delete(offset);
    this.#blockCount--;
    this.#allocatedBytes -= block.size;
    if (block.before?.free) {
      const before = block.before;
      this.#remove(before);
      this.#join(before, block);
      block = before;
    }
    if (block.after?.free) {
      this.#remove(block.after);
      this.#join(block, block.after);
    }
    block.free = true;
    this.#insert(block);
    return true;
  }

  /** Adds `bytes` that the memory grew by to its last block. */
  #append(bytes: number): void {
    if (bytes <= 0) return;
    const block: Block = {
      offset: this.#end,
      size: bytes,
      free: true,
      before: this.#last,
      after: undefined,
      previousFree: undefined,
      nextFree: undefined,
    };
    this.#end += bytes;
    if (this.#last?.free) {
      this.#remove(this.#last);
      this.#last.size += bytes;
      this.#insert(this.#last);
      return;
    }
    if (this.#last !== undefined) this.#last.after = block;
    this.#last = block;
    this.#insert(block);
  }

  #join(left: Block, right: Block): void {
    left.size += right.size;
    left.after = right.after;
    if (right.after === undefined) this.#last = left;
    else right.after.before = left;
  }

  /** A free block of at least `size`: any of the next class up is large enough; of its own class, one that happens to be. */
  #find(size: number): Block | undefined {
    const own = sizeClass(size);
    for (let block = this.#free[own]; block !== undefined; block = block.nextFree) if (block.size >= size) return block;
    for (let index = own + 1; index < this.#free.length; index++) {
      const block = this.#free[index];
      if (block !== undefined) return block;
    }
    return undefined;
  }

  #insert(block: Block): void {
    const index = sizeClass(block.size);
    while (this.#free.length <= index) this.#free.push(undefined);
    const next = this.#free[index];
    block.previousFree = undefined;
    block.nextFree = next;
    if (next !== undefined) next.previousFree = block;
    this.#free[index] = block;
  }

  #remove(block: Block): void {
    const { previousFree, nextFree } = block;
    if (previousFree !== undefined) previousFree.nextFree = nextFree;
    else this.#free[sizeClass(block.size)] = nextFree;
    if (nextFree !== undefined) nextFree.previousFree = previousFree;
  }
}

/** Class of a size: its binary exponent and the next three bits. */
function sizeClass(size: number): number {
  const units = size / ALIGNMENT;
  if (units < CLASSES_A_DOUBLING) return units;
  const exponent = 31 - Math.clz32(units);
  return CLASSES_A_DOUBLING * (exponent - 2) + ((units >>> (exponent - 3)) & (CLASSES_A_DOUBLING - 1));
}
