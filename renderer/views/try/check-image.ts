import { formatBytes } from '../../../shared/text/format.ts';

/** As much as one request may carry. */
const MOST_BYTES = 64 << 20;

/** Why something cannot be an image to classify, in a sentence with the next step; null where it may be one. */
export function findImageProblem({ name, type, size }: { name: string; type: string; size: number }): string | null {
  if (type !== '' && !type.startsWith('image/'))
    return `${name} is not an image; choose a JPEG, PNG, WebP or GIF file.`;
  if (size === 0) return `${name} is empty; choose another image.`;
  if (size > MOST_BYTES)
    return `${name} has ${formatBytes(size)}, and an image may have ${formatBytes(MOST_BYTES)}; save it smaller and try again.`;
  return null;
}
