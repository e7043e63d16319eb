/** What Windows, the strictest of all, does not take in a name: `<>:"/\|?*` and control characters. */
const FORBIDDEN = /[<>:"/\\|?*\p{Cc}]+/gu;

/** A file name of what a user called something. */
export function makeFileName(name: string, extension: string): string {
  const plain = name
    .replace(FORBIDDEN, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  return `${plain.slice(0, 100) || 'decant'}${extension}`;
}
