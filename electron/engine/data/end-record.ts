/** What the end of a zip archive says of its central directory (APPNOTE.TXT, 4.3.14 to 4.3.16). */
export interface EndRecord {
  entries: number;
  /** Where the directory begins, and its length, bytes. */
  directoryOffset: number;
  directoryBytes: number;
  /** Where the first of the end records begins: the directory has to end there. */
  offset: number;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LOCATOR_64_SIGNATURE = 0x07064b50;
const LOCATOR_64_BYTES = 20;
const END_64_SIGNATURE = 0x06064b50;
const END_64_BYTES = 56;
const LONGEST_COMMENT = 0xffff;

/**
 * Reads the end of an archive of `size` bytes.
 *
 * @param read so many bytes from a place
 * @throws RangeError where there is no such end, with the reason as its message
 */
export function readEndRecord(size: number, read: (position: number, length: number) => Buffer): EndRecord {
  const start = Math.max(0, size - END_BYTES - LONGEST_COMMENT - LOCATOR_64_BYTES);
  const tail = read(start, size - start);
  const at = findEnd(tail);
  if (at < 0) throw new RangeError('it does not end like a zip archive: it is cut short, or something else');
  const locator = at - LOCATOR_64_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR_64_SIGNATURE) {
    const offset = toNumber(tail.readBigUInt64LE(locator + 8));
    if (offset + END_64_BYTES > start + locator) throw new RangeError('its end record is damaged');
    const end = read(offset, END_64_BYTES);
    if (end.readUInt32LE(0) !== END_64_SIGNATURE) throw new RangeError('its end record is damaged');
    const [entries, directoryBytes, directoryOffset] = [32, 40, 48].map((place) =>
      toNumber(end.readBigUInt64LE(place)),
    ) as [number, number, number]; // As many as there are places.
    return { entries, directoryOffset, directoryBytes, offset };
  }
  return {
    entries: tail.readUInt16LE(at + 10),
    directoryBytes: tail.readUInt32LE(at + 12),
    directoryOffset: tail.readUInt32LE(at + 16),
    offset: start + at,
  };
}

/** Place of the end record in the tail of an archive: its comment reaches to the end. */
function findEnd(tail: Buffer): number {
  for (let at = tail.length - END_BYTES; at >= 0; at--)
    if (tail.readUInt32LE(at) === END_SIGNATURE && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length)
      return at;
  return -1;
}

/** Of places beyond any file nothing more is to be known than that. */
function toNumber(value: bigint): number {
  return Number(value < Number.MAX_SAFE_INTEGER ? value : Number.MAX_SAFE_INTEGER);
}
