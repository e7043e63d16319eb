import { readSync } from 'node:fs';
import { DecantError } from '../core/errors.ts';

/**
 * Reads rows of `rowBytes` bytes from an open file into `target`, in the order of `indices`. Neighbours in the file that
 * are neighbours in the order are read at once.
 */
export function readRows(file: number, rowBytes: number, indices: ArrayLike<number>, target: Uint8Array): void {
  if (target.byteLength < indices.length * rowBytes)
    throw new RangeError(`target holds ${target.byteLength} bytes, but ${indices.length * rowBytes} are to be read`);
  for (let first = 0; first < indices.length; ) {
    let end = first + 1;
    while (end < indices.length && indices[end] === indices[end - 1]! + 1) end++;
    readFully(file, target, first * rowBytes, (end - first) * rowBytes, indices[first]! * rowBytes);
    first = end;
  }
}

function readFully(file: number, target: Uint8Array, offset: number, length: number, position: number): void {
  for (let done = 0; done < length; ) {
    const count = readSync(file, target, offset + done, length - done, position + done);
    if (count === 0)
      throw new DecantError(
        'image.unreadable',
        'The pixel cache was truncated while in use; run the same command again to rebuild it.',
        { position: position + done },
      );
    done += count;
  }
}
