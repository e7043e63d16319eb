import { describe, expect, it } from 'vitest';
import { MemoryArena } from '../../../../../electron/engine/compute/simd/memory-arena.ts';
import { Random } from '../../../../../electron/engine/core/random.ts';

const MEBIBYTE = 2 ** 20;

describe('MemoryArena', () => {
  it('hands out aligned blocks that do not overlap, and joins them again', () => {
    const random = new Random('arena');
    let end = MEBIBYTE;
    const arena = new MemoryArena(4096, end, (bytes) => {
      const grown = Math.ceil(bytes / 65536) * 65536;
      end += grown;
      return grown;
    });
    const live = new Map<number, number>();
    for (let round = 0; round < 20_000; round++) {
      if (live.size > 0 && random.next() < 0.5) {
        const offset = [...live.keys()][random.integer(live.size)]!;
        live.delete(offset);
        expect(arena.release(offset)).toBe(true);
      } else {
        const bytes = Math.floor(2 ** random.uniform(0, 18));
        const offset = arena.allocate(bytes)!;
        expect(offset % 64).toBe(0);
        expect(offset + bytes).toBeLessThanOrEqual(end);
        live.set(offset, bytes);
      }
      if (round % 1000 === 0) {
        const blocks = [...live].sort(([a], [b]) => a - b);
        for (let index = 1; index < blocks.length; index++) {
          const [offset, bytes] = blocks[index - 1]!;
          expect(offset + bytes).toBeLessThanOrEqual(blocks[index]![0]);
        }
      }
    }
    for (const offset of live.keys()) arena.release(offset);
    expect(arena.allocatedBytes).toBe(0);
    expect(arena.blockCount).toBe(0);
    const before = end;
    expect(arena.allocate(end - 4096)).toBe(4096); // All of it is one block again.
    expect(end).toBe(before);
  });

  it('needs no more memory when the same sizes come again', () => {
    let end = MEBIBYTE;
    const arena = new MemoryArena(0, end, (bytes) => {
      end += bytes;
      return bytes;
    });
    const random = new Random('steady');
    const sizes = Array.from({ length: 300 }, () => Math.floor(2 ** random.uniform(4, 20)));
    const round = () => {
      const offsets = sizes.map((size) => arena.allocate(size)!);
      for (const offset of offsets.reverse()) arena.release(offset);
    };
    round();
    const after = end;
    for (let index = 0; index < 20; index++) round();
    expect(end).toBe(after);
  });

  it('refuses what does not fit and what it did not hand out', () => {
    const arena = new MemoryArena(0, MEBIBYTE, () => 0);
    expect(arena.allocate(2 * MEBIBYTE)).toBeUndefined();
    const offset = arena.allocate(100)!;
    expect(arena.release(offset + 64)).toBe(false);
    expect(arena.release(offset)).toBe(true);
    expect(arena.release(offset)).toBe(false);
    expect(arena.allocate(MEBIBYTE)).toBe(0);
  });
});
