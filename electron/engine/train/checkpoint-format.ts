import { createHash } from 'node:crypto';
import {
  CHECKPOINT_FORM,
  type CheckpointHeader,
  checkpointHeaderSchema,
} from '../../../shared/stored/checkpoint-form.ts';
import { describeNewer, upgradeFrom } from '../../../shared/stored/form.ts';
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

const MAGIC = 'DECANTCP';
const PREAMBLE_BYTES = 16;
const HASH_BYTES = 32;

/**
 * Writes a checkpoint as bytes: `DECANTCP`, version and header length (32 bits each, little-endian), a JSON header, the
 * float32 numbers of all tensors in the header's order, and the SHA-256 of everything before. The parts, one after
 * another, are the file; they share memory with the checkpoint, so write them before training goes on.
 */
export function encodeCheckpoint({ data, tensors }: Checkpoint): Uint8Array[] {
  const sets = Object.entries(tensors);
  const header: CheckpointHeader = {
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
  preamble.writeUInt32LE(CHECKPOINT_FORM.version, 8);
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
 * @throws DecantError `checkpoint.unreadable` when it is cut short, altered or no checkpoint; `store.newer` when a newer
 * Decant wrote it
 */
export function decodeCheckpoint(bytes: Uint8Array, source = 'the checkpoint', form = CHECKPOINT_FORM): Checkpoint {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < PREAMBLE_BYTES + HASH_BYTES) throw unreadable(source, `is truncated (${buffer.length} bytes)`);
  if (buffer.toString('latin1', 0, 8) !== MAGIC) throw unreadable(source, 'is not a Decant checkpoint');
  const version = requireKnownVersion(buffer, source, form);
  const content = buffer.subarray(0, -HASH_BYTES);
  const hash = createHash('sha256').update(content).digest();
  if (!hash.equals(buffer.subarray(-HASH_BYTES))) throw unreadable(source, 'is truncated or was altered');

  // From here on the bytes are what was written, though not always by Decant: a hash can be made to fit.
  const headerEnd = PREAMBLE_BYTES + buffer.readUInt32LE(12);
  const header = parseHeader(buffer.subarray(PREAMBLE_BYTES, headerEnd), content.length - headerEnd);
  if (!header) throw unreadable(source, 'has a header that does not fit its content');
  const offsets = [headerEnd];
  const placed = mapSets(header.tensors, ({ name, shape }) => {
    const place = offsets.length - 1;
    offsets.push(offsets[place]! + 4 * sizeOf(shape));
    return { name, shape, place };
  });
  const upgraded = upgradeFrom(form, version, { data: header.data, tensors: placed });
  const checked = upgraded.ok ? form.schema.safeParse(upgraded.value) : null;
  if (!checked?.success) throw unreadable(source, `of version ${version} cannot be upgraded`);
  const { data, tensors } = checked.data;
  const read = ({ shape, place }: { shape: number[]; place: number }): HostTensor => {
    const values = new Float32Array(sizeOf(shape));
    bytesOf(values).set(content.subarray(offsets[place], offsets[place]! + values.byteLength));
    return { shape, values };
  };
  return {
    data,
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([set, list]) => [set, new Map(list.map((tensor) => [tensor.name, read(tensor)]))]),
    ),
  };
}

/**
 * The version of a checkpoint, of which its first 16 bytes are enough.
 *
 * @throws DecantError `store.newer` when a newer Decant wrote it
 */
export function requireKnownVersion(bytes: Uint8Array, source: string, known = CHECKPOINT_FORM): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = buffer.length < PREAMBLE_BYTES ? 1 : buffer.readUInt32LE(8);
  if (version <= known.version || buffer.toString('latin1', 0, 8) !== MAGIC) return version;
  const { name: form, version: newest } = known;
  throw new DecantError(
    'store.newer',
    describeNewer(capitalize(source), { ok: false, why: 'newer', form, version, newest }),
    {
      source,
      version,
      newest,
    },
  );
}

/** The header of tensors that take so many bytes; null where it is none. */
function parseHeader(bytes: Buffer, tensorBytes: number): CheckpointHeader | null {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
  const { data } = checkpointHeaderSchema.safeParse(json);
  const shapes = Object.values(data?.tensors ?? {}).flatMap((list) => list.map(({ shape }) => shape));
  return data && shapes.reduce((sum, shape) => sum + 4 * sizeOf(shape), 0) === tensorBytes ? data : null;
}

function mapSets<From, To>(sets: Readonly<Record<string, From[]>>, map: (tensor: From) => To): Record<string, To[]> {
  return Object.fromEntries(Object.entries(sets).map(([set, list]) => [set, list.map(map)]));
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function unreadable(source: string, what: string): DecantError {
  return new DecantError(
    'checkpoint.unreadable',
    `${capitalize(source)} ${what}; it is not used, and left unchanged.`,
    {
      source,
    },
  );
}

function capitalize(text: string): string {
  return text.startsWith('the ') ? `T${text.slice(1)}` : text;
}
