import { shorten, showValue } from '../../../shared/text/shorten.ts';
import { DecantError } from '../core/errors.ts';
import { DECODERS, type Decoder, WIDTHS } from './tensor-types.ts';
import type { HostTensor } from './weights.ts';

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** Floating-point tensors by name, as float32. */
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Record<string, string>;
  /** Names of tensors of other types (counters, masks), which are not read. */
  readonly skipped: string[];
}

/** The format's own bound on the header, which keeps a hostile file from being parsed for minutes. */
const LARGEST_HEADER = 100_000_000;
const LARGEST_RANK = 16;
/** Characters of a tensor's name. */
const LONGEST_NAME = 512;

/**
 * Reads a safetensors file (https://huggingface.co/docs/safetensors): F64, F32, F16 and BF16 become float32. Everything
 * in the header is checked before any number is read: bounds, sizes, overlaps and gaps. The numbers are copies.
 *
 * Throws `weights.unreadable`; the message says what is wrong and names the tensor.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  // A plain view: `slice` of Node's Buffer would give views into shared memory, not copies.
  const { header, data } = splitFile(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { metadata, entries } = parseHeader(header);
  checkLayout(entries, data.length);
  const tensors = new Map<string, HostTensor>();
  const skipped: string[] = [];
  for (const { name, dtype, shape, begin, end } of entries) {
    const decode: Decoder | undefined = DECODERS[dtype];
    if (decode) tensors.set(name, { shape, values: decode(data.slice(begin, end).buffer) });
    else skipped.push(name);
  }
  return { tensors, metadata, skipped };
}

/** Writes tensors as a safetensors file of F32, in their order. Metadata is text by key. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let length = 0;
  for (const [name, { shape, values }] of tensors) {
    header.push([name, { dtype: 'F32', shape, data_offsets: [length, length + values.byteLength] }]);
    length += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Spaces after the JSON align the numbers to 8 bytes, as the format asks.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + length).fill(0x20, 8, 8 + headerLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(json, 8);
  let offset = 8 + headerLength;
  for (const { values } of tensors.values()) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function splitFile(bytes: Uint8Array): { header: Uint8Array; data: Uint8Array } {
  if (bytes.length < 8) throw unreadable(`The weight file has ${bytes.length} bytes: it is truncated.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > LARGEST_HEADER) {
    throw unreadable(`The weight file announces a header of ${length} bytes: it is not a safetensors file.`);
  }
  const end = 8 + Number(length);
  if (end > bytes.length) {
    throw unreadable(`The weight file announces a header of ${length} bytes but has ${bytes.length}: it is truncated.`);
  }
  return { header: bytes.subarray(8, end), data: bytes.subarray(end) };
}

function parseHeader(bytes: Uint8Array): { metadata: Record<string, string>; entries: Entry[] } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unreadable('The header of the weight file is not JSON: it is damaged or not a safetensors file.', {}, cause);
  }
  if (!isRecord(json)) throw unreadable('The header of the weight file is not a JSON object.');
  const metadata: [string, string][] = [];
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') {
      entries.push(parseEntry(name, value));
      continue;
    }
    if (!isRecord(value)) throw unreadable('The metadata of the weight file is not a JSON object.');
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') throw unreadable(`The metadata "${shorten(key)}" of the weight file is not text.`);
      metadata.push([key, text]);
    }
  }
  return { metadata: Object.fromEntries(metadata), entries };
}

function parseEntry(name: string, value: unknown): Entry {
  const refuse = (problem: string): DecantError =>
    unreadable(`Tensor "${shorten(name)}" of the weight file ${problem}.`, { tensor: shorten(name) });
  if (name.length > LONGEST_NAME)
    throw refuse(`has a name of ${name.length} characters, but at most ${LONGEST_NAME} are read`);
  if (!isRecord(value)) throw refuse('is not described by a JSON object');
  const { dtype, shape, data_offsets: offsets } = value;
  const width = typeof dtype === 'string' && Object.hasOwn(WIDTHS, dtype) ? WIDTHS[dtype] : undefined;
  if (typeof dtype !== 'string' || width === undefined) throw refuse(`has the unknown type ${showValue(dtype)}`);
  if (!Array.isArray(shape) || shape.length > LARGEST_RANK || !shape.every(isCount)) {
    throw refuse('has a shape that is not a list of lengths');
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw refuse('has offsets that are not a start and an end');
  }
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product: number, length: number) => product * length, width);
  if (!Number.isSafeInteger(size) || end - begin !== size) {
    throw refuse(`is [${shape.join(', ')}] of ${dtype}, ${size} bytes, but has the bytes from ${begin} to ${end}`);
  }
  return { name, dtype, shape, begin, end };
}

/** The tensors must fill the data from end to end, without gaps and without sharing a byte. */
function checkLayout(entries: readonly Entry[], length: number): void {
  const inOrder = entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  let filled = 0;
  for (const { name, begin, end } of inOrder) {
    if (end > length) {
      throw unreadable(
        `Tensor "${name}" ends at byte ${end} of the data, but the weight file has ${length}: it is truncated.`,
        { tensor: name },
      );
    }
    if (begin !== filled) {
      const problem = begin < filled ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw unreadable(`Tensor "${name}" of the weight file ${problem} (byte ${begin}): the file is damaged.`, {
        tensor: name,
      });
    }
    filled = end;
  }
  if (filled !== length) {
    throw unreadable(`The weight file has ${length - filled} bytes after its last tensor: it is damaged.`);
  }
}

function unreadable(message: string, details: Record<string, unknown> = {}, cause?: unknown): DecantError {
  return new DecantError('weights.unreadable', message, details, { cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
