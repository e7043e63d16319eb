/** Pages of WebAssembly memory, bytes. */
export const PAGE = 65536;
/** As many as 32-bit addresses reach. */
export const MOST_PAGES = 65536;

/** How the kernels' modules import their memory: from "env", by the name "memory", a memory (2) that is shared (3). */
const SHARED_IMPORT = Buffer.from('\x03env\x06memory\x02\x03', 'latin1');
/** With a maximum, but not shared. */
const OWN_MEMORY = 1;

/** Whether threads can share memory here; where they cannot, one thread computes alone. */
export function hasSharedMemory(): boolean {
  return typeof SharedArrayBuffer === 'function';
}

/**
 * Memory for kernels. Shared memory starts with `firstPages` and grows; growing would take away every view on memory of
 * one's own, so that is as large as it may become from the start, or as large as the system allows: pages that nobody
 * writes to cost nothing.
 */
export function openMemory({
  shared,
  firstPages,
  mostPages = MOST_PAGES,
}: {
  shared: boolean;
  firstPages: number;
  mostPages?: number;
}): WebAssembly.Memory {
  if (shared) return new WebAssembly.Memory({ initial: firstPages, maximum: MOST_PAGES, shared });
  for (let pages = mostPages; ; pages >>= 1) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    } catch (error) {
      if (pages <= firstPages) throw error;
    }
  }
}

/** The same module for memory that is not shared. */
export function withoutSharing(module: Buffer): Buffer {
  const at = module.indexOf(SHARED_IMPORT);
  if (at < 0) throw new TypeError('The compiled kernels do not import shared memory; rebuild them.');
  const changed = Buffer.from(module);
  changed[at + SHARED_IMPORT.length - 1] = OWN_MEMORY;
  return changed;
}
