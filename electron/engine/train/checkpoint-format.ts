import { createHash } from 'node:crypto';
import { DecantError } from '../core/errors.ts';
import type { HostTensor, Weights } from '../model/weights.ts';

/**
 * What a checkpoint holds: named plain data and named sets of tensors, so that whoever writes it decides what a stage
 * needs. Order and every bit of the numbers are kept.
 */
export interface Checkpoint {
  readonly data: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Weights>>;
}

interface Header {
  data: Record<string, unknown>;
  tensors: Record<string, { name: string; shape: number[] }[]>;
}

const MAGIC = 'DECANTCP';
export const CHECKPOINT_VERSION = 1;
const PREAMBLE_BYTES = 16;
const HASH_BYTES = 32;

/**
 * Writes a checkpoint as bytes: `DECANTCP`, version and header length (32 bits each, little-endian), a JSON header, the
 * float32 numbers of all tensors in the header's order, and the SHA-256 of everything before. The parts, one after
 * another, are the file; they share memory with the checkpoint, so write them before training goes on.
 */
export function encodeCheckpoint({ data, tensors }: Checkpoint): Uint8Array[] {
  const sets = Object.entries(tensors);
  const header: Header = {
    data,
    tensors: Object.fromEntries(
      sets.map(([set, weights]) => [set, [...weights].map(([name, { shape }]) => ({ name, shape: [...shape] }))]),
    ),
  };
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  preamble.write(MAGIC, 'latin1');
  preamble.writeUInt32LE(CHECKPOINT_VERSION, 8);
  preamble.writeUInt32LE(padded.length, 12);

  const parts: Uint8Array[] = [preamble, padded];
  for (const [, weights] of sets) for (const { values } of weights.values()) parts.push(bytesOf(values));
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return [...parts, hash.digest()];
}

/**
 * Reads what `encodeCheckpoint` wrote. `source` names it in messages.
 *
 * @throws DecantError `checkpoint.unreadable` when it is cut short, altered, no checkpoint or from a newer version
 */
export function decodeCheckpoint(bytes: Uint8Array, source = 'the checkpoint'): Checkpoint {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < PREAMBLE_BYTES + HASH_BYTES) throw unreadable(source, `is cut short (${buffer.length} bytes)`);
  if (buffer.toString('latin1', 0, 8) !== MAGIC) throw unreadable(source, 'is not a checkpoint of Decant');
  const version = buffer.readUInt32LE(8);
  if (version > CHECKPOINT_VERSION) {
    throw unreadable(source, `is of version ${version}, newer than ${CHECKPOINT_VERSION}, which this Decant reads`);
  }
  const content = buffer.subarray(0, -HASH_BYTES);
  const hash = createHash('sha256').update(content).digest();
  if (!hash.equals(buffer.subarray(-HASH_BYTES))) throw unreadable(source, 'is cut short or was altered');

  // From here on the bytes are what was written; the hash vouches for the header's form.
  const headerEnd = PREAMBLE_BYTES + buffer.readUInt32LE(12);
  const header = JSON.parse(buffer.toString('utf8', PREAMBLE_BYTES, headerEnd)) as Header;
  let offset = headerEnd;
  const read = (shape: number[]): HostTensor => {
    const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    bytesOf(values).set(content.subarray(offset, offset + values.byteLength));
    offset += values.byteLength;
    return { shape, values };
  };
  const tensors = Object.fromEntries(
    Object.entries(header.tensors).map(([set, list]) => [
      set,
      new Map(list.map(({ name, shape }) => [name, read(shape)])),
    ]),
  );
  return { data: header.data, tensors };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function unreadable(source: string, what: string): DecantError {
  return new DecantError('checkpoint.unreadable', `${capitalize(source)} ${what}; it is left as it is and not used.`, {
    source,
  });
}

function capitalize(text: string): string {
  return text.startsWith('the ') ? `T${text.slice(1)}` : text;
}
