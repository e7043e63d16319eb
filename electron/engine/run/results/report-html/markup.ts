import { escapeHtml } from '../../../../../shared/text/clean.ts';

/** HTML that is safe to put into a page. Only `html` and `raw` make it, and `html` escapes whatever is not. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | readonly Part[];

/** A template of HTML (or SVG) of which every inserted text is escaped, in content and in double-quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((string, i) => (i === 0 ? string : render(parts[i - 1]!) + string)).join(''));
}

/** Text of our own that is HTML already. Never for anything from outside. */
export function raw(text: string): Markup {
  return new Markup(text);
}

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeHtml(String(part));
}
