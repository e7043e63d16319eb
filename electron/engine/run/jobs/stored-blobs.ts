import { describeNewer, readStored, type StoredForm, writeStored } from '../../../../shared/stored/form.ts';
import type { BlobStore } from '../../blobs/index.ts';
import { DecantError } from '../../core/errors.ts';

/** Keeps JSON of a form as a blob, and gives its hash: the same value has the same. */
export function putStored<T>(blobs: BlobStore, form: StoredForm<T>, value: T): Promise<string> {
  return blobs.put(`${JSON.stringify(writeStored(form, value))}\n`);
}

/**
 * The value that a blob holds.
 *
 * @throws DecantError `blob.missing`, `blob.damaged`, `store.newer`
 */
export async function getStored<T>(blobs: BlobStore, form: StoredForm<T>, sha256: string): Promise<T> {
  const text = (await blobs.get(sha256)).toString('utf8');
  const reading = readStored(form, parse(text));
  if (reading.ok) return reading.value;
  const path = blobs.pathOf(sha256);
  if (reading.why === 'newer') throw new DecantError('store.newer', describeNewer(path, reading), { path });
  const message = `${path} in the blob store is not a ${form.name}: ${reading.details}.`;
  throw new DecantError('blob.damaged', message, { path, sha256 });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
