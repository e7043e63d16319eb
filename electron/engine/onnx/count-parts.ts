/** Fields of a message that are messages themselves, by number, or lists of integers that may be packed into one field. */
export interface Parts {
  readonly [field: number]: Parts | 'packed';
}

/**
 * Counts the fields of a Protobuf message and of those in it (https://protobuf.dev/programming-guides/encoding), without making
 * anything of them; ends once there are more than `most`, or the bytes are no message.
 */
export function countParts(bytes: Uint8Array, parts: Parts, most: number): number {
  let count = 0;
  const walk = (from: number, to: number, inner: Parts): void => {
    let at = from;
    const readNumber = (): number => {
      let [value, factor] = [0, 1];
      while (at < to) {
        const byte = bytes[at++]!;
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) break;
        factor *= 128;
      }
      return value;
    };
    while (at < to && count <= most) {
      count++;
      const tag = readNumber();
      const wire = tag % 8;
      if (wire === 0) readNumber();
      else if (wire === 1) at += 8;
      else if (wire === 5) at += 4;
      else if (wire === 2) {
        const end = readNumber() + at;
        const part = inner[Math.floor(tag / 8)];
        if (part === 'packed') count += Math.min(end, to) - at;
        else if (part) walk(at, Math.min(end, to), part);
        at = end;
      } else return; // No message: whoever decodes it will say so.
    }
  };
  walk(0, bytes.length, parts);
  return count;
}
