/** Formats that are told apart by their first bytes, whatever the file is called. */
export const READ_FORMATS = ['jpeg', 'png', 'webp', 'gif'] as const;
export type ImageFormat = (typeof READ_FORMATS)[number];

const EXTENSION = /\.(jpe?g|jfif|png|webp|gif|bmp|dib|tiff?|avif|heic|heif|jxl|jp2)$/i;

/** Whether a file's name says that it is an image, also of a kind that has to be converted first. */
export function looksLikeImage(path: string): boolean {
  return EXTENSION.test(path);
}

/** Format of an image file by its first bytes: one that is read, the name of one that is not, or null. */
export function sniffFormat(bytes: Uint8Array): { readable: ImageFormat } | { unreadable: string } | null {
  const ascii = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return { readable: 'jpeg' };
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return { readable: 'png' };
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return { readable: 'webp' };
  if (ascii(0, 6) === 'GIF87a' || ascii(0, 6) === 'GIF89a') return { readable: 'gif' };
  if (ascii(0, 2) === 'BM') return { unreadable: 'BMP' };
  if (ascii(0, 4) === 'II*\0' || ascii(0, 4) === 'MM\0*') return { unreadable: 'TIFF' };
  if (ascii(4, 8) === 'ftyp') return { unreadable: ascii(8, 12).startsWith('avi') ? 'AVIF' : 'HEIC' };
  return null;
}
