/** Control characters, C1 included, separators of lines, and marks that change the direction of text, which could disguise a name. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text from outside (class names, paths) made safe to show in one line, of a terminal too: what is unsafe becomes `�`. */
export function cleanText(text: string): string {
  return text.replace(UNSAFE, '\ufffd');
}

/** As `cleanText`, but the text keeps its lines. */
export function cleanLines(text: string): string {
  return text.replace(UNSAFE, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'));
}

/** A value as indented JSON that is safe to show in a terminal, and means the same. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSAFE, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from outside as HTML, for content and double-quoted attributes. */
export function escapeHtml(text: string): string {
  return cleanLines(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
