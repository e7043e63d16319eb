/** Characters of the end that always show. */
const TAIL = { usual: 10, least: 4, most: 14 };

/**
 * Where one line is cut if there is no room for it, as [what gives way, what stays]. Texts that differ only at their end
 * stay apart so. It ends at a word where one begins near; short texts are not cut there.
 */
export function splitLine(text: string): [head: string, tail: string] {
  const line = text.replace(/\s+/g, ' ');
  if (line.length <= 2 * TAIL.usual) return [line, ''];
  const words = line.slice(-TAIL.most).search(/[-_ ./]/);
  const length = words >= 0 && TAIL.most - words >= TAIL.least ? TAIL.most - words : TAIL.usual;
  const at = line.length - length;
  // Not within a character of two units.
  const unit = line.charCodeAt(at);
  const split = unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
  return [line.slice(0, split), line.slice(split)];
}
