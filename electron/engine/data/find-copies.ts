import { type Dataset, imageAt } from './dataset.ts';

/**
 * Those of some images whose file is one of the others' as well, byte for byte as far as size and CRC-32 tell. Images without
 * a label come from everywhere, also from where the images that judge come from; learning from those makes figures too good.
 * None where the checksums are not known, which a folder's are only once its fingerprint was taken.
 */
export function findCopies(
  dataset: Pick<Dataset, 'images' | 'unlabelled'>,
  { of, among }: { of: readonly Int32Array[]; among: Int32Array },
): Set<number> {
  const known = new Set<string>();
  for (const indices of of)
    for (const index of indices) {
      const content = contentOf(dataset, index);
      if (content !== null) known.add(content);
    }
  const copies = new Set<number>();
  for (const index of among) {
    const content = contentOf(dataset, index);
    if (content !== null && known.has(content)) copies.add(index);
  }
  return copies;
}

function contentOf(dataset: Pick<Dataset, 'images' | 'unlabelled'>, index: number): string | null {
  const image = imageAt(dataset, index);
  const checksum = image?.location.crc32 ?? null;
  return image && checksum !== null ? `${image.bytes} ${checksum}` : null;
}
