import { createHash } from 'node:crypto';
import type { Model } from '../context/models.ts';

/** SHA-256 (hex) over a network and all its numbers: the same for the same function of an image. */
export function fingerprintModel({ network, weights }: Model): string {
  const hash = createHash('sha256').update(JSON.stringify(network));
  for (const [name, { shape, values }] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
