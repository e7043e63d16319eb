import { formatBytes } from '../../../shared/text/format.ts';

/** The most bytes that one request may carry. */
const MOST_BYTES = 64 << 20;

/** Says why a file cannot be classified, with the next step; null if it may be an image. */
export function findImageProblem({ name, type, size }: { name: string; type: string; size: number }): string | null {
  if (type !== '' && !type.startsWith('image/'))
    return `${name} is not an image. Choose a JPEG, PNG, WebP or GIF file.`;
  if (size === 0) return `${name} is empty. Choose another image.`;
  if (size > MOST_BYTES)
    return `${name} is too large: ${formatBytes(size)}, and the limit is ${formatBytes(MOST_BYTES)}. Save a smaller version and try again.`;
  return null;
}
