import type { Precision } from '../request.ts';

/** What a snippet is written with. */
export interface SnippetFacts {
  /** Name of the exported file. */
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly classes: readonly string[];
  readonly precision: Precision;
}

/** A program for one platform that classifies an image with an exported file. */
export interface Snippet {
  /** "Kotlin (Android)". */
  readonly title: string;
  /** What has to be installed, one line. */
  readonly needs: string;
  readonly code: string;
}

/** Lists of labels beyond this length are read from a file instead. */
export const MOST_LABELS = 40;

/** Ways to write the labels in each language: as a list, or read from `labels.txt`. */
export const LABELS = {
  kotlin: (classes: readonly string[]) =>
    isShort(classes)
      ? `listOf(${classes.map((name) => quote(name).replaceAll('$', '\\$')).join(', ')})`
      : 'context.assets.open("labels.txt").bufferedReader().readLines()',
  swift: (classes: readonly string[]) =>
    isShort(classes)
      ? `[${classes.map((name) => quote(name).replace(/\\u([0-9a-f]{4})/g, '\\u{$1}')).join(', ')}]`
      : 'try String(contentsOf: labelsUrl, encoding: .utf8).split(separator: "\\n").map(String.init)',
  javascript: (classes: readonly string[]) =>
    isShort(classes) ? `[${classes.map(quote).join(', ')}]` : "(await readFile('labels.txt', 'utf8')).split('\\n')",
  browser: (classes: readonly string[]) =>
    isShort(classes) ? `[${classes.map(quote).join(', ')}]` : "(await (await fetch('labels.txt')).text()).split('\\n')",
  python: (classes: readonly string[]) =>
    isShort(classes)
      ? `[${classes.map(quote).join(', ')}]`
      : 'open("labels.txt", encoding="utf-8").read().splitlines()',
} as const;

function isShort(classes: readonly string[]): boolean {
  return classes.length <= MOST_LABELS;
}

/** A text of one line in double quotes; its escapes are those of JSON, which all these languages know. */
function quote(text: string): string {
  return JSON.stringify(text.replace(/\s+/g, ' ')).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
