import { startCompute } from '../compute/index.ts';

/**
 * Starts Decant's WebAssembly in a thread that a file runs in or, where it cannot be, plain JavaScript.
 *
 * @param threads of one operation; 0: one for each core
 * @param plain only JavaScript, which is slow
 * @returns what it computes with, in words
 */
export async function startInThread(threads: number, { plain = false }: { plain?: boolean } = {}): Promise<string> {
  if (plain) return startPlain();
  try {
    await startCompute({ backend: 'simd', threads: threads || undefined });
    const count = threads === 0 ? 'one thread per core' : `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    return `Decant's WebAssembly, ${count}`;
  } catch {
    return startPlain();
  }
}

async function startPlain(): Promise<string> {
  await startCompute({ backend: 'cpu' });
  return 'plain JavaScript, 1 thread';
}
